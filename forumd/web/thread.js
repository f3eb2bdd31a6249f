// A thread in the browser: walking, folding, live arrivals, voting, and the
// reader's own view (hidden commenters, reading aloud). The page is complete
// without it; every change it makes is one that a form or link makes too.

import { api, busy, el, fetchFragment, keep, localTimes, onKey, say, t, tn, warn } from './page.js';
import { actDialog, enhanceCompose, replyForm, strangerSees } from './compose.js';

const list = document.getElementById('comments');
const slug = list?.dataset.thread;
const articles = () => [...list.querySelectorAll('article.comment')];
const depth = (a) => Number(a.dataset.depth ?? 0);

/** Changes the page without moving what is being read. */
function still(change) {
	const anchor = articles().find((a) => a.getBoundingClientRect().bottom > 0);
	const before = anchor?.getBoundingClientRect().top;
	const result = change();
	if (anchor?.isConnected) {
		const moved = anchor.getBoundingClientRect().top - before;
		if (moved) window.scrollBy({ top: moved, behavior: 'instant' });
	}
	return result;
}

// --- replies below a comment

function replies(article) {
	const all = articles();
	const out = [];
	for (let i = all.indexOf(article) + 1; i < all.length && depth(all[i]) > depth(article); i++) out.push(all[i]);
	return out;
}

function setCollapsed(article, button, collapsed) {
	const below = replies(article);
	for (const r of below) r.hidden = collapsed;
	button.setAttribute('aria-expanded', String(!collapsed));
	button.textContent = tn(collapsed ? 'collapse.show' : 'collapse.hide', below.length);
}

function decorateCollapse(article, footer) {
	if (!article.dataset.replies) return;
	const n = replies(article).length;
	if (n === 0) return;
	const b = el('button', { type: 'button', className: 'link', 'aria-expanded': 'true' }, tn('collapse.hide', n));
	b.addEventListener('click', () => setCollapsed(article, b, b.getAttribute('aria-expanded') === 'true'));
	footer.append(b);
}

// --- the reader's own view

const hidden = new Set(JSON.parse(keep.get('hidden') ?? '[]'));

function applyHidden(article) {
	const off = hidden.has(article.dataset.author) && !article.classList.contains('mine');
	article.querySelector('.hidden-note')?.remove();
	for (const part of article.children) if (part.tagName !== 'HEADER') part.hidden = off;
	if (!off) return;
	const show = el('button', { type: 'button', className: 'link' }, t('hide.show'));
	show.addEventListener('click', () => hideAuthor(article.dataset.author, false));
	article.append(el('p', { className: 'meta hidden-note' },
		`${t('hide.hidden', { name: article.querySelector('.author').textContent })} `, show));
}

function hideAuthor(id, hide) {
	if (hide) hidden.add(id);
	else hidden.delete(id);
	keep.set('hidden', JSON.stringify([...hidden]));
	still(() => articles().filter((a) => a.dataset.author === id).forEach(applyHidden));
}

let reading = null;
function readAloud(article, button) {
	const stop = reading === button;
	speechSynthesis.cancel();
	reading = null;
	if (stop) return;
	const body = article.querySelector('.body, .tombstone');
	const u = new SpeechSynthesisUtterance(`${article.querySelector('.author').textContent}. ${body.textContent}`);
	u.lang = body.lang || document.documentElement.lang;
	// What is broken off ends with an error.
	u.onend = u.onerror = () => { button.textContent = t('read.aloud'); if (reading === button) reading = null; };
	button.textContent = t('read.stop');
	reading = button;
	speechSynthesis.speak(u);
}

function decorate(article) {
	if (article.dataset.ready) return;
	article.dataset.ready = '1';
	let footer = article.querySelector(':scope > footer');
	if (!footer) article.append(footer = el('footer'));
	decorateCollapse(article, footer);
	if ('speechSynthesis' in window) {
		const b = el('button', { type: 'button', className: 'link' }, t('read.aloud'));
		b.addEventListener('click', () => readAloud(article, b));
		footer.append(b);
	}
	if (!article.classList.contains('mine') && article.dataset.author && article.dataset.state === 'visible') {
		const b = el('button', { type: 'button', className: 'link' }, t('hide.author'));
		b.addEventListener('click', () => hideAuthor(article.dataset.author, true));
		footer.append(b);
	}
	if (hidden.has(article.dataset.author)) applyHidden(article);
}

// Only what comes near the window is decorated: a long thread stays smooth.
const near = new IntersectionObserver((entries) => {
	for (const e of entries) {
		if (!e.isIntersecting) continue;
		near.unobserve(e.target);
		decorate(e.target);
	}
}, { rootMargin: '600px' });

function adopt(article, long = false) {
	article.tabIndex = -1;
	if (long) article.classList.add('long');
	near.observe(article);
}

// --- arrivals

/** Puts an article where it belongs; the server says the order of depth. */
function place(article) {
	const old = document.getElementById(article.id);
	localTimes(article);
	list.querySelector('.empty')?.remove();
	if (old) old.replaceWith(article);
	else {
		const parent = article.dataset.parent && document.getElementById(`c-${article.dataset.parent}`);
		if (parent) (replies(parent).at(-1) ?? parent).after(article);
		else if (list.dataset.sort === 'newest') list.prepend(article);
		else list.append(article);
	}
	adopt(article);
	return article;
}

async function fetchComment(id) {
	const f = await fetchFragment(`/c/${encodeURIComponent(id)}/fragment`);
	return f?.querySelector('article') ?? null;
}

async function refresh(id) {
	const known = document.getElementById(`c-${id}`);
	const article = known && await fetchComment(id);
	if (article) still(() => place(article));
}

let accountTimer = 0;
function refreshAccount() {
	clearTimeout(accountTimer);
	accountTimer = setTimeout(async () => {
		const f = await fetchFragment(`/t/${encodeURIComponent(slug)}/account`);
		const fresh = f?.querySelector('[data-counts]');
		if (fresh) document.querySelector('[data-counts]')?.replaceWith(fresh);
	}, 400);
}

const waiting = new Set();
const barButton = el('button', { type: 'button' });
const bar = el('div', { className: 'newbar', hidden: true }, barButton);

function announce() {
	bar.hidden = waiting.size === 0;
	barButton.textContent = tn('live.new', waiting.size);
	if (waiting.size > 0) say(tn('live.new', waiting.size));
}

async function showWaiting() {
	const ids = [...waiting];
	waiting.clear();
	announce();
	let first = null;
	for (const id of ids) {
		const article = await fetchComment(id);
		if (!article) continue;
		article.classList.add('new');
		still(() => place(article));
		first ??= article;
	}
	say(null);
	if (first) { first.focus({ preventScroll: true }); first.scrollIntoView({ block: 'center' }); }
}

function listen() {
	const live = new EventSource(`/api/v1/threads/${encodeURIComponent(slug)}/live`);
	const id = (ev) => { const d = JSON.parse(ev.data); return d.id ?? d.comment?.id ?? d.comment; };
	live.addEventListener('comment', (ev) => {
		const c = id(ev);
		if (!document.getElementById(`c-${c}`)) { waiting.add(c); announce(); }
	});
	for (const kind of ['edited', 'removed', 'restored']) {
		live.addEventListener(kind, (ev) => {
			const c = id(ev);
			if (kind === 'removed' && waiting.delete(c)) announce();
			refresh(c);
		});
	}
	live.addEventListener('counts', refreshAccount);
	live.addEventListener('open', () => { list.dataset.live = 'on'; });
	live.addEventListener('error', () => { list.dataset.live = 'off'; });
}

// --- acting

async function posted(comment) {
	waiting.delete(comment.id);
	announce();
	const article = await fetchComment(comment.id);
	if (!article) return;
	place(article);
	article.focus({ preventScroll: true });
	article.scrollIntoView({ block: 'center' });
}

async function vote(form, button) {
	const id = form.closest('article').dataset.id;
	const value = Number(button.value);
	const a = await api('POST', `/api/v1/comments/${encodeURIComponent(id)}/vote`, { value });
	if (!a.ok) return warn(a.data.detail ?? a.data.title);
	form.querySelector('.score').textContent = a.data.score;
	const sides = form.querySelectorAll('button.vote');
	[1, -1].forEach((side, i) => {
		sides[i].setAttribute('aria-pressed', String(value === side));
		sides[i].value = value === side ? 0 : side;
	});
}

async function asOthersSee(article) {
	const state = await strangerSees(article.dataset.id);
	if (state === 'visible') say(t('public.seen'));
	else if (state === 'absent' || state === 'unknown') warn(t('public.absent'));
	else say(t('public.state', { state: t(`state.${state}`) }));
}

function onClick(ev) {
	const link = ev.target.closest('a[data-act]');
	if (!link || ev.ctrlKey || ev.metaKey || ev.shiftKey) return;
	const article = link.closest('article.comment');
	const act = link.dataset.act;
	if (act === 'receipt') return;
	ev.preventDefault();
	if (act === 'reply') replyForm(article, posted);
	else if (act === 'public') asOthersSee(article);
	else actDialog(link, act, article, refresh);
}

function walk(step) {
	const shown = articles().filter((a) => !a.hidden && !a.closest('details:not([open])'));
	const at = shown.findIndex((a) => a.classList.contains('current'));
	const next = shown[at < 0 ? (step > 0 ? 0 : shown.length - 1)
		: Math.min(shown.length - 1, Math.max(0, at + step))];
	if (!next) return;
	shown[at]?.classList.remove('current');
	next.classList.add('current');
	next.focus({ preventScroll: true });
	next.scrollIntoView({ block: 'nearest' });
}

function start() {
	const all = articles();
	for (const a of all) adopt(a, all.length > 200);
	list.after(bar);
	barButton.addEventListener('click', () => busy(null, showWaiting));
	list.addEventListener('click', onClick);
	list.addEventListener('submit', (ev) => {
		const form = ev.target.closest('form[data-enhance=vote]');
		if (!form) return;
		ev.preventDefault();
		vote(form, ev.submitter);
	});
	const compose = document.querySelector('form#compose');
	if (compose) enhanceCompose(compose, posted);
	onKey((ev, inField) => {
		if (inField || ev.ctrlKey) return;
		if (ev.key === 'j') walk(1);
		else if (ev.key === 'k') walk(-1);
		else return;
		ev.preventDefault();
	});
	const target = document.getElementById(location.hash.slice(1));
	const fold = target?.closest('details');
	if (fold) { fold.open = true; target.scrollIntoView(); }
	listen();
	document.documentElement.dataset.ready = 'thread';
}

if (list) start();
