// Writing: the compose form and the forms that come in a dialog (report,
// edit, withdraw). A draft outlives a reload; the idempotency key lives as
// long as the draft, so that pressing twice cannot post twice.

import { api, busy, clearErrors, el, fetchFragment, fragment, keep, rememberKey, say, showProblem, t, warn } from './page.js';

function draftOf(form) {
	return `draft:${form.getAttribute('action')}:${form.elements.parent?.value ?? ''}`;
}

function saveDraft(form) {
	const body = form.elements.body.value;
	keep.set(draftOf(form), body.trim() === '' ? null : JSON.stringify({
		body, key: form.dataset.key, name: form.elements.name?.value }));
}

function loadDraft(form) {
	form.dataset.key = crypto.randomUUID?.() ?? Array.from(
		crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
	try {
		const d = JSON.parse(keep.get(draftOf(form)) ?? 'null');
		if (!d || form.elements.body.value !== '') return;
		form.elements.body.value = d.body;
		if (d.key) form.dataset.key = d.key;
		if (d.name && form.elements.name) form.elements.name.value = d.name;
	} catch { keep.set(draftOf(form), null); }
}

async function preview(form) {
	const a = await api('POST', '/api/v1/preview', { body: form.elements.body.value });
	if (!a.ok) return showProblem(form, a);
	const box = form.querySelector('[data-preview]');
	const body = el('div', { className: 'body', dir: 'auto' });
	body.append(fragment(a.data.body_html));
	box.replaceChildren(el('h3', {}, t('compose.preview')), body);
	if (a.data.advice?.length) {
		box.append(el('p', { className: 'advice' }, t('compose.advice')),
			el('ul', {}, ...a.data.advice.map((x) => el('li', {}, x.clause_title ?? x.clause ?? x))));
	}
	box.tabIndex = -1;
	box.focus();
}

/** Looks again as a stranger, and says what a stranger sees. */
export async function strangerSees(id) {
	try {
		const r = await fetch(`/api/v1/comments/${encodeURIComponent(id)}`,
			{ credentials: 'omit', cache: 'no-store' });
		return r.ok ? (await r.json()).state : 'absent';
	} catch { return 'unknown'; }
}

async function tell(data) {
	const { comment, receipt, author_key } = data;
	let text = t(`post.${comment.state}`);
	if (comment.state === 'visible' && await strangerSees(comment.id) !== 'visible') text = t('post.unseen');
	const box = text === t('post.unseen') ? warn(text) : say(text);
	if (receipt) {
		const { receiptVerdict } = await import('./receipt.js');
		const url = URL.createObjectURL(new Blob([receipt.proof], { type: 'text/plain' }));
		const v = await receiptVerdict(receipt);
		box.append(el('p', { data: { receipt: v.ok ? 'sound' : 'bad' } }, `${t('receipt.title')}. ${v.text} `,
			el('a', { href: url, download: `${comment.id}.tlog-proof` }, t('receipt.download'))));
	}
	if (author_key) {
		box.append(el('p', {}, `${t('post.key')} `, el('a',
			{ href: `/keep?next=/c/${comment.id}#key=${author_key}`, target: '_blank' }, comment.id)));
	}
}

async function post(form, onPosted) {
	const f = form.elements;
	const body = { body: f.body.value, language: f.language?.value, question: Boolean(f.question?.checked) };
	for (const k of ['parent', 'name', 'answers']) if (f[k]?.value) body[k] = f[k].value;
	clearErrors(form);
	const slug = document.getElementById('comments').dataset.thread;
	const a = await api('POST', `/api/v1/threads/${encodeURIComponent(slug)}/comments`, body,
		{ 'Idempotency-Key': form.dataset.key });
	if (!a.ok) return showProblem(form, a);
	keep.set(draftOf(form), null);
	f.body.value = '';
	form.querySelector('[data-preview]').replaceChildren();
	loadDraft(form);
	if (a.data.author_key) rememberKey(a.data.author_key);
	await onPosted(a.data.comment, form);
	await tell(a.data);
}

/** Takes the compose form over. onPosted(comment, form) shows the comment. */
export function enhanceCompose(form, onPosted) {
	loadDraft(form);
	form.noValidate = true;
	form.addEventListener('input', () => saveDraft(form));
	form.addEventListener('keydown', (ev) => {
		if (ev.key === 'Enter' && (ev.ctrlKey || ev.metaKey)) form.requestSubmit();
	});
	form.addEventListener('submit', (ev) => {
		ev.preventDefault();
		const button = ev.submitter ?? form.querySelector('button');
		busy(button, () => button.name === 'preview' ? preview(form) : post(form, onPosted));
	});
}

/** A copy of the compose form, for a reply below the comment. */
export function replyForm(article, onPosted) {
	const id = article.dataset.id;
	const open = document.getElementById(`reply-${id}`);
	if (open) return open.elements.body.focus();
	const form = document.getElementById('compose').cloneNode(true);
	form.id = `reply-${id}`;
	form.querySelector('[name=parent]')?.remove();
	form.querySelector('.errors')?.remove();
	form.querySelector('[data-preview]').replaceChildren();
	for (const e of form.querySelectorAll('[id], [for], [aria-describedby]')) {
		for (const a of ['id', 'for', 'aria-describedby']) {
			const v = e.getAttribute(a);
			if (v) e.setAttribute(a, v.replaceAll('compose-', `${form.id}-`));
		}
	}
	form.querySelector('h2').textContent = t('compose.reply');
	form.elements.body.value = '';
	form.append(el('input', { type: 'hidden', name: 'parent', value: id }));
	const close = el('button', { type: 'button', className: 'quiet' }, t('dialog.close'));
	close.addEventListener('click', () => { form.remove(); article.focus(); });
	form.querySelector('.buttons').append(close);
	article.after(form);
	enhanceCompose(form, async (comment) => {
		form.remove();
		await onPosted(comment);
	});
	form.elements.body.focus();
}

const calls = {
	flag: (id, f) => api('POST', `/api/v1/comments/${id}/flags`,
		{ clause: f.clause.value, note: f.note.value || undefined,
			legal_ground: f.legal_ground.value || undefined,
			explanation: f.explanation.value || undefined,
			name: f.name.value || undefined, email: f.email.value || undefined,
			good_faith: f.good_faith.checked || undefined,
			referrer: document.referrer || undefined }),
	edit: (id, f) => api('PATCH', `/api/v1/comments/${id}`,
		{ body: f.body.value, expected_version: Number(f.expected_version.value) }),
	withdraw: (id) => api('DELETE', `/api/v1/comments/${id}`),
};

/** Opens the server's own form for an act in a dialog; follows the link
 *  where that cannot be had. done(id) is called once it took effect. */
export async function actDialog(link, act, article, done) {
	const page = await fetchFragment(link.href);
	const form = page?.querySelector(`form[data-enhance=${act}]`);
	if (!form) return location.assign(link.href);
	const close = el('button', { type: 'button', className: 'quiet' }, t('dialog.close'));
	const box = el('dialog', {}, form);
	form.querySelector('h2').id = `${act}-title`;
	box.setAttribute('aria-labelledby', `${act}-title`);
	form.querySelector('.buttons').append(close);
	close.addEventListener('click', () => box.close());
	box.addEventListener('close', () => { box.remove(); article.focus(); });
	form.noValidate = true;
	form.addEventListener('submit', (ev) => {
		ev.preventDefault();
		busy(ev.submitter, async () => {
			const a = await calls[act](encodeURIComponent(article.dataset.id), form.elements);
			if (!a.ok) return showProblem(form, a);
			box.close();
			await done(article.dataset.id);
			if (act === 'flag') say(t('flag.sent'));
		});
	});
	document.body.append(box);
	box.showModal();
}
