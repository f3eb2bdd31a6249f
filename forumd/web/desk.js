// Charts for the figures: drawn from the table that stands behind each, so
// that picture and numbers cannot differ. Small SVG, no library; colours and
// dashes come from the stylesheet, the text for screen readers is the table.

import { el } from './page.js';

const NS = 'http://www.w3.org/2000/svg';
const H = 260, LEFT = 48, RIGHT = 12, TOP = 12, BOTTOM = 30;

// Drawn at the width that the figure has, so that the text keeps its size.
let W = 720;

function svg(name, attrs, text) {
	const e = document.createElementNS(NS, name);
	for (const [k, v] of Object.entries(attrs)) e.setAttribute(k, v);
	if (text !== undefined) e.textContent = text;
	return e;
}

/** {labels, series: [{name, values, low, high}]} of a table. */
function readTable(table) {
	const heads = [...table.querySelectorAll('thead th')].map((h) => h.textContent);
	const rows = [...table.querySelectorAll('tbody tr')];
	const cell = (r, i) => r.children[i]?.dataset ?? {};
	const num = (v) => v === undefined ? null : Number(v);
	return {
		labels: rows.map((r) => r.children[0].textContent),
		series: heads.slice(1).map((name, i) => ({ name,
			values: rows.map((r) => num(cell(r, i + 1).value)),
			low: rows.map((r) => num(cell(r, i + 1).low)),
			high: rows.map((r) => num(cell(r, i + 1).high)) })),
	};
}

/** A round step that puts at most five lines below max; least is 1 where
 *  things are counted. */
function roundStep(max, least) {
	const rough = Math.max(max / 5, least);
	const unit = 10 ** Math.floor(Math.log10(rough));
	return [1, 2, 5, 10].map((m) => m * unit).find((s) => s >= rough);
}

function frame(max, format, least = 0) {
	const step = roundStep(max, least);
	const top = Math.ceil(max / step) * step || 1;
	const y = (v) => H - BOTTOM - v / top * (H - TOP - BOTTOM);
	const root = svg('svg', { viewBox: `0 0 ${W} ${H}`, class: 'chart', 'aria-hidden': 'true' });
	for (let v = 0; v <= top + step / 2; v += step) {
		root.append(svg('line', { class: 'axis', x1: LEFT, x2: W - RIGHT, y1: y(v), y2: y(v) }),
			svg('text', { x: LEFT - 6, y: y(v) + 4, 'text-anchor': 'end' }, format(v)));
	}
	return { root, y };
}

function bottomLabels(root, labels, x) {
	const every = Math.ceil(labels.length / Math.max(2, Math.floor(W / 120)));
	labels.forEach((l, i) => {
		if (i % every === 0) root.append(svg('text', { x: x(i), y: H - 8, 'text-anchor': 'middle' }, l));
	});
}

const plain = (v) => String(Math.round(v * 100) / 100);
const known = (v) => v !== null && v !== undefined;

function lines({ labels, series }) {
	const { root, y } = frame(Math.max(1, ...series.flatMap((s) => s.values)), plain);
	const x = (i) => LEFT + 40 + (labels.length < 2 ? 0 : i / (labels.length - 1) * (W - LEFT - RIGHT - 80));
	series.forEach((s, k) => {
		let d = '';
		s.values.forEach((v, i) => {
			if (!known(v)) return;
			d += `${known(s.values[i - 1]) ? 'L' : 'M'}${x(i).toFixed(1)} ${y(v).toFixed(1)}`;
			// A value with no neighbour has no line to be seen by.
			if (!known(s.values[i - 1]) && !known(s.values[i + 1]))
				root.append(svg('circle', { class: `s${k % 5}`, cx: x(i), cy: y(v), r: 4 }));
		});
		root.append(svg('path', { class: `s${k % 5}`, d }));
	});
	bottomLabels(root, labels, x);
	return root;
}

function bars({ labels, series }) {
	const { root, y } = frame(Math.max(1, ...series.flatMap((s) => s.values)), plain, 1);
	const slot = (W - LEFT - RIGHT) / Math.max(1, labels.length);
	const wide = Math.min(40, slot * .8 / series.length);
	const x = (i) => LEFT + slot * (i + .5);
	series.forEach((s, k) => s.values.forEach((v, i) => {
		if (v) root.append(svg('rect', { class: `s${k % 5}`, x: x(i) + (k - series.length / 2) * wide,
			width: wide - 1, y: y(v), height: H - BOTTOM - y(v) }));
	}));
	bottomLabels(root, labels, x);
	return root;
}

/** Shares with their intervals: a dot and a whisker for each group. */
function rates({ labels, series: [s] }) {
	const { root, y } = frame(Math.max(.01, ...s.high, ...s.values), (v) => `${Math.round(v * 1000) / 10} %`);
	const slot = (W - LEFT - RIGHT) / Math.max(1, labels.length);
	labels.forEach((l, i) => {
		const x = LEFT + slot * (i + .5);
		root.append(svg('text', { x, y: H - (slot < 90 && i % 2 ? 20 : 6), 'text-anchor': 'middle' }, l));
		if (s.values[i] === null) return;
		root.append(svg('line', { class: 's0', 'stroke-width': 2, x1: x, x2: x, y1: y(s.low[i]), y2: y(s.high[i]) }),
			svg('circle', { class: 's0', cx: x, cy: y(s.values[i]), r: 5 }));
	});
	return root;
}

function legend({ series }, kind) {
	return el('ul', { className: 'legend', 'aria-hidden': 'true' }, ...series.map((s, k) => {
		const mark = svg('svg', { viewBox: '0 0 28 8', class: 'chart' });
		mark.append(kind === 'line' ? svg('path', { class: `s${k % 5}`, d: 'M0 4H28' })
			: svg('rect', { class: `s${k % 5}`, width: 28, height: 8 }));
		return el('li', {}, mark, s.name);
	}));
}

const kinds = { line: lines, bars, rates };

for (const figure of document.querySelectorAll('figure[data-chart]')) {
	const data = readTable(figure.querySelector('table'));
	const kind = figure.dataset.chart;
	W = Math.max(300, figure.clientWidth);
	if (!kinds[kind] || data.labels.length === 0) continue;
	const caption = figure.querySelector('figcaption');
	caption.after(kinds[kind](data));
	if (kind !== 'rates' && data.series.length > 1) caption.after(legend(data, kind));
	figure.querySelector('details').open = false;
}
/** Paper has no summary to open: there the tables are shown. */
const tables = [...document.querySelectorAll('figure details')];
let closed = [];
matchMedia('print').addEventListener('change', (ev) => {
	if (ev.matches) closed = tables.filter((d) => !d.open);
	for (const d of closed) d.open = ev.matches;
});

for (const form of document.querySelectorAll('form.range'))
	form.addEventListener('change', () => form.requestSubmit());
document.documentElement.dataset.ready = 'desk';
