// The queue at speed: one key decides, Ctrl+Enter sends. A decision waits a
// few seconds on this side so that it can be undone before it is public; it
// is sent at once when the page is left. Ticked items share one decision.

import { api, clearErrors, el, fetchFragment, localTimes, onKey, say, showProblem, t, tn } from './page.js';

const UNDO_MS = 4000;
const AHEAD = 5;
const box = document.querySelector('[data-review]');
const items = () => [...box.querySelectorAll('.item:not(.decided)')];
const current = () => box.querySelector('.item.current');
const ticked = () => [...box.querySelectorAll('.item:not(.decided) input.pick:checked')].map((c) => c.closest('.item'));
let pending = null;	// {send, undo, timer}: the one decision not yet sent

// --- shift summary

function tally(action, n) {
	const s = JSON.parse(sessionStorage.getItem('shift') ?? '{"approved":0,"removed":0,"other":0}');
	s[{ approve: 'approved', remove: 'removed' }[action] ?? 'other'] += n;
	sessionStorage.setItem('shift', JSON.stringify(s));
	summary.textContent = t('review.summary', s);
}
const summary = el('p', { className: 'keys', 'aria-live': 'off', data: { summary: '' } });

// --- walking and claiming

async function claim(item) {
	const path = `/api/v1/review/${encodeURIComponent(item.dataset.id)}/claim`;
	const a = await api('POST', path, {});
	if (a.data.code !== 'claimed' || item.querySelector('.mode')) return;
	item.prepend(el('p', { className: 'mode' }, a.data.detail ?? a.data.title));
}

function release(item) {
	if (item && !item.classList.contains('decided'))
		api('DELETE', `/api/v1/review/${encodeURIComponent(item.dataset.id)}/claim`);
}

function select(item) {
	const was = current();
	if (was === item) return;
	was?.classList.remove('current');
	release(was);
	if (!item) return;
	item.classList.add('current');
	item.focus({ preventScroll: true });
	if (was) item.scrollIntoView({ block: 'start' });
	claim(item);
	preload();
}

function step(by) {
	const all = items();
	const at = all.indexOf(current());
	select(all[Math.min(all.length - 1, Math.max(0, at + by))]);
}

let loading = false;
async function preload() {
	const next = document.querySelector('.pager a[rel=next]');
	if (!next || loading || items().length > AHEAD) return;
	loading = true;
	const page = await fetchFragment(next.href);
	const keys = box.querySelector('.keys');
	for (const item of page?.querySelectorAll('.item') ?? []) {
		if (box.querySelector(`.item[data-id="${CSS.escape(item.dataset.id)}"]`)) continue;
		keys.before(adopt(item));
	}
	const more = page?.querySelector('.pager a[rel=next]');
	if (more) next.href = more.href;
	else next.remove();
	loading = false;
}

// --- deciding

function decisionOf(item, action) {
	const f = item.querySelector('form.decide').elements;
	const d = { expected_version: Number(item.dataset.version) };
	if (item.dataset.appeal) {
		Object.assign(d, { appeal: item.dataset.appeal, outcome: action,
			action: action === 'reversed' ? 'restore' : 'remove' });
	} else {
		d.action = action;
	}
	if (f.clause.value) d.clause = f.clause.value;
	if (f.explanation.value.trim()) d.explanation = f.explanation.value.trim();
	if (f.note_to_author.value.trim()) d.note_to_author = f.note_to_author.value.trim();
	if (f.conceal_author.checked) d.conceal_author = true;
	return d;
}

function reopen(batch, failed) {
	for (const i of batch) { i.classList.remove('decided'); i.hidden = false; }
	select(failed ?? batch[0]);
}

async function sendOne(item, decision) {
	const a = await api('POST', `/api/v1/review/${encodeURIComponent(item.dataset.id)}/decision`, decision);
	if (a.ok) return say(t('review.decided'));
	tally(decision.action, -1);
	reopen([item], item);
	showProblem(item.querySelector('form.decide'), a);
}

async function sendBatch(batch, decision) {
	const { expected_version, ...rest } = decision;
	const a = await api('POST', '/api/v1/review/batch', { ...rest, comments: batch.map((i) =>
		({ comment: i.dataset.id, expected_version: Number(i.dataset.version) })) });
	const failed = a.ok ? batch.filter((i, n) => {
		const r = (a.data.items ?? [])[n];
		return r && (r.status ?? 200) >= 400;
	}) : batch;
	if (failed.length === 0) return say(t('review.decided'));
	tally(decision.action, -failed.length);
	reopen(failed);
	showProblem(failed[0].querySelector('form.decide'), a.ok ? { status: 0, data: a.data.items[batch.indexOf(failed[0])] } : a);
}

function flush() {
	const p = pending;
	pending = null;
	if (!p) return;
	clearTimeout(p.timer);
	p.send();
}

function undo() {
	const p = pending;
	pending = null;
	if (!p) return;
	clearTimeout(p.timer);
	p.undo();
	say(null);
}

function decide(item, action) {
	const form = item.querySelector('form.decide');
	clearErrors(form);
	if (action !== 'approve' && !form.elements.explanation.value.trim()) {
		return showProblem(form, { status: 422, data: { field: 'explanation', detail: t('review.explanation_hint') } });
	}
	flush();
	const several = ticked();
	const batch = several.length > 1 && several.includes(item) && !item.dataset.appeal ? several : [item];
	const decision = decisionOf(item, action);
	const after = items().filter((i) => !batch.includes(i));
	const next = after.find((i) => item.compareDocumentPosition(i) & Node.DOCUMENT_POSITION_FOLLOWING) ?? after[0];
	for (const i of batch) {
		i.classList.add('decided');
		i.hidden = true;
		const pick = i.querySelector('input.pick');
		if (pick) pick.checked = false;
	}
	tally(decision.action, batch.length);
	const send = () => batch.length > 1 ? sendBatch(batch, decision) : sendOne(item, decision);
	pending = { send, timer: setTimeout(flush, UNDO_MS),
		undo: () => { tally(decision.action, -batch.length); reopen(batch, item); } };
	const button = el('button', { type: 'button', className: 'quiet small' }, t('review.undo'));
	button.addEventListener('click', undo);
	const name = t({ approve: 'review.approve', remove: 'review.remove', label: 'review.label',
		upheld: 'review.stands', reversed: 'review.reversed' }[action]);
	say(t('review.sent_in', { action: name, n: UNDO_MS / 1000 })).firstChild.append(' ', button);
	showBatch();
	if (next) select(next);
	else box.querySelector('.keys').before(el('p', { className: 'empty' }, t('review.empty')));
}

/** A digit: the clause, its canned words, and the cursor behind them; or on
 *  their first {place}, which is for the moderator to fill. */
function startRemoval(item, n) {
	const form = item.querySelector('form.decide');
	const radio = form.querySelectorAll('input[name=clause]')[n - 1];
	if (!radio) return;
	radio.checked = true;
	const area = form.elements.explanation;
	area.value = radio.dataset.canned ? `${radio.dataset.canned} ` : '';
	area.focus();
	const place = /\{[^}]*\}/.exec(area.value);
	if (place) area.setSelectionRange(place.index, place.index + place[0].length);
	else area.setSelectionRange(area.value.length, area.value.length);
}

const batchBar = el('p', { className: 'bar-batch', hidden: true, role: 'status' });
function showBatch() {
	const n = ticked().length;
	batchBar.hidden = n < 2;
	batchBar.textContent = tn('review.batch', n);
}

function adopt(item) {
	localTimes(item);
	const pick = el('input', { type: 'checkbox', className: 'pick' });
	pick.addEventListener('change', showBatch);
	if (!item.dataset.appeal) item.querySelector('h2').after(el('label', { className: 'choice' }, pick, el('span', {}, t('review.select'))));
	const form = item.querySelector('form.decide');
	form.noValidate = true;
	form.addEventListener('change', (ev) => {
		const area = form.elements.explanation;
		const canned = [...form.querySelectorAll('[data-canned]')].map((r) => r.dataset.canned);
		if (ev.target.name === 'clause' && (area.value.trim() === '' || canned.includes(area.value.trim())))
			area.value = ev.target.dataset.canned ?? '';
	});
	form.addEventListener('submit', (ev) => {
		ev.preventDefault();
		decide(item, ev.submitter?.value ?? 'remove');
	});
	item.addEventListener('focusin', () => { if (current() !== item) { current()?.classList.remove('current'); item.classList.add('current'); } });
	return item;
}

function keys(ev, inField) {
	const item = current();
	if (ev.ctrlKey) {
		if (ev.key !== 'Enter' || !item) return;
		decide(item, item.dataset.appeal ? 'upheld' : 'remove');
	} else if (inField) {
		if (ev.key !== 'Escape') return;
		item?.focus();
	} else if (ev.key === 'j') step(1);
	else if (ev.key === 'k') step(-1);
	else if (ev.key === 'u') undo();
	else if (item && ev.key === 'a' && !item.dataset.appeal) decide(item, 'approve');
	else if (item && ev.key === 'x') item.querySelector('input.pick')?.click();
	else if (item && /^[1-9]$/.test(ev.key)) startRemoval(item, Number(ev.key));
	else return;
	ev.preventDefault();
}

if (box) {
	box.querySelector('nav').after(summary);
	box.append(batchBar);
	for (const item of items()) adopt(item);
	tally('approve', 0);
	onKey(keys);
	window.addEventListener('pagehide', flush);
	select(items()[0]);
	document.documentElement.dataset.ready = 'review';
}
