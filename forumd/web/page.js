// What every page's script builds on: texts, calls to the API, messages,
// the reader's own settings. Nothing here writes HTML from strings but
// fragment(), which takes what our own server rendered.

const root = document.documentElement;
export const assets = root.dataset.assets ?? '/assets';
export const lang = root.lang || 'en';

const texts = await fetch(new URL(`locales/${lang}.json`, import.meta.url))
	.then((r) => r.ok ? r.json() : {}).catch(() => ({}));
const plural = new Intl.PluralRules(lang);

/** The text of a key with its {places} filled. */
export function t(key, values = {}) {
	const text = typeof texts[key] === 'string' ? texts[key] : key;
	return text.replace(/\{(\w+)\}/g, (all, k) => values[k] ?? all);
}

export function tn(key, n) {
	const forms = texts[key] ?? {};
	const text = forms[plural.select(n)] ?? forms.other ?? forms.many ?? key;
	return text.replace('{n}', n);
}

/** localStorage that may be forbidden, as in a third-party frame. */
export const keep = {
	get(k) { try { return localStorage.getItem(k); } catch { return null; } },
	set(k, v) {
		try {
			if (v === null) localStorage.removeItem(k);
			else localStorage.setItem(k, v);
		} catch { /* the setting lasts as long as the page */ }
	},
};

/** An element with properties, data- attributes and children. */
export function el(name, props = {}, ...children) {
	const e = document.createElement(name);
	for (const [k, v] of Object.entries(props)) {
		if (k === 'data') Object.assign(e.dataset, v);
		else if (k in e && k !== 'list') e[k] = v;
		else e.setAttribute(k, v);
	}
	e.append(...children);
	return e;
}

/** A guest's key inside a news page's frame, where no cookie of ours may
 *  reach us: it goes with each call instead. */
const framed = document.body.classList.contains('embed');
const signedIn = root.dataset.signedIn !== undefined;
let authorKey = framed && !signedIn ? keep.get('author-key') : null;
export function rememberKey(key) {
	if (!framed) return;
	authorKey = key;
	keep.set('author-key', key);
}

function headersFor(accept) {
	const h = { Accept: accept, 'Accept-Language': lang };
	if (framed) h['X-Forum-Frame'] = '1';
	if (authorKey) h['X-Author-Key'] = authorKey;
	return h;
}

const policy = window.trustedTypes?.createPolicy('forumd',
	{ createHTML: (s) => s });

/** The elements of a piece of HTML that our own server rendered. */
export function fragment(html) {
	const tpl = document.createElement('template');
	tpl.innerHTML = policy ? policy.createHTML(html) : html;
	return tpl.content;
}

/** Fetches a page or fragment of ours; null when it cannot be had. */
export async function fetchFragment(path, credentials = 'same-origin') {
	try {
		const r = await fetch(path, { credentials,
			headers: headersFor('text/html') });
		return r.ok ? fragment(await r.text()) : null;
	} catch { return null; }
}

let csrfToken = root.dataset.csrf;
async function csrf() {
	if (csrfToken === undefined) {
		const r = await fetch('/api/v1/session', { headers: headersFor('application/json') });
		csrfToken = r.ok ? (await r.json()).csrf ?? '' : '';
	}
	return csrfToken;
}

/** One call: {ok, status, data}; data is the answer or the problem. A
 *  server that cannot be reached is status 0. */
export async function api(method, path, body, headers = {}) {
	try {
		const h = { ...headersFor('application/json'), ...headers };
		const token = await csrf();
		if (token) h['X-CSRF-Token'] = token;
		if (body !== undefined) h['Content-Type'] = 'application/json';
		const r = await fetch(path, { method, headers: h,
			body: body === undefined ? undefined : JSON.stringify(body) });
		const data = await r.json().catch(() => ({}));
		if (data.code === 'csrf') csrfToken = undefined;
		return { ok: r.ok, status: r.status, data };
	} catch {
		return { ok: false, status: 0, data: { detail: t('post.offline') } };
	}
}

function message(id, content) {
	const box = document.getElementById(id);
	box.replaceChildren(...(content ? [el('p', {}, content)] : []));
	return box;
}
/** Says something politely, or (warn) at once. */
export function say(content) { message('alert', null); return message('status', content); }
export function warn(content) { message('status', null); return message('alert', content); }

/** Shows a problem beside the field at fault, or on top of the page. */
export function showProblem(form, answer) {
	const { field, detail, title } = answer.data;
	const text = answer.status === 504 ? t('post.unknown') : detail ?? title;
	clearErrors(form);
	const input = field && form.elements.namedItem(field);
	const place = field && document.getElementById(`${form.id}-${field}-error`);
	if (place) {
		place.textContent = text;
		place.closest('details')?.setAttribute('open', '');
		if (input?.focus) {
			input.setAttribute('aria-invalid', 'true');
			input.focus();
		}
		warn(text);
	} else {
		warn(text)?.scrollIntoView({ block: 'nearest' });
	}
}

export function clearErrors(form) {
	for (const p of form.querySelectorAll('.field-error')) p.textContent = '';
	for (const e of form.querySelectorAll('[aria-invalid]')) e.removeAttribute('aria-invalid');
	form.querySelector('.errors')?.remove();
	warn(null);
}

/** Runs work while the button says that it is being done. */
export async function busy(button, work) {
	if (button?.getAttribute('aria-busy') === 'true') return;
	const label = button?.textContent;
	if (button) {
		button.setAttribute('aria-busy', 'true');
		button.textContent = t('post.sending');
	}
	try { return await work(); } finally {
		if (button) {
			button.removeAttribute('aria-busy');
			button.textContent = label;
		}
	}
}

const clock = new Intl.DateTimeFormat(lang === 'en' ? 'en-GB' : lang, { dateStyle: 'medium', timeStyle: 'short' });
/** Times in the reader's own zone; the page says UTC without this. A day
 *  alone is a day everywhere. */
export function localTimes(within) {
	for (const e of within.querySelectorAll('time[datetime]')) {
		const d = new Date(e.dateTime);
		if (e.dateTime.length > 10 && !Number.isNaN(d.valueOf())) e.textContent = clock.format(d);
	}
}

/** Single keys act only outside fields and where not switched off. */
export function onKey(handler) {
	document.addEventListener('keydown', (ev) => {
		if (keep.get('keys') === 'off' || ev.altKey || ev.metaKey || ev.isComposing) return;
		const field = ev.target.closest('input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]');
		handler(ev, Boolean(field));
	});
}

function setTheme(value) {
	if (value) root.dataset.theme = value;
	else delete root.dataset.theme;
	keep.set('theme', value || null);
}

function displaySettings() {
	const foot = document.querySelector('footer.site');
	if (!foot || document.body.classList.contains('embed')) return;
	const theme = el('select', { id: 'theme' },
		...['', 'light', 'dark'].map((v) => el('option', { value: v,
			textContent: t(`display.${v || 'auto'}`),
			selected: v === (root.dataset.theme ?? '') })));
	theme.addEventListener('change', () => setTheme(theme.value));
	const keys = el('input', { type: 'checkbox', id: 'keys', checked: keep.get('keys') !== 'off' });
	keys.addEventListener('change', () => keep.set('keys', keys.checked ? null : 'off'));
	foot.prepend(el('div', { className: 'display' },
		el('label', { htmlFor: 'theme' }, t('display.label')), theme,
		el('label', { className: 'choice', htmlFor: 'keys' }, keys, el('span', {}, t('display.keys')))));
}

if (!document.body.classList.contains('embed') && keep.get('theme')) setTheme(keep.get('theme'));
displaySettings();
localTimes(document);
/** A guest's keep-link: the key is in the fragment, which no server sees; it
 *  is sent as a header and the page shown as its author sees it. */
async function openWithKey() {
	const key = /^#key=([\w.~-]+)$/.exec(location.hash)?.[1];
	if (!key) return;
	const here = location.pathname + location.search;
	history.replaceState(null, '', here);
	const r = await fetch(here, { cache: 'no-store',
		headers: { 'X-Author-Key': key, Accept: 'text/html' } });
	const main = r.ok && fragment(await r.text()).querySelector('main');
	if (main) document.getElementById('main').replaceWith(main);
	localTimes(document);
}

await openWithKey();
for (const e of document.querySelectorAll('[data-receipt]'))
	import('./receipt.js').then((m) => m.receiptCard(e));
