// Payloads that try to run script, each posted as a comment and opened in
// the browser, some as names and searches too. A canary stands on every page
// before anything of it: none of the ways in which such a payload shows
// itself is ever called, nothing is asked of another host, and the content
// policy has nothing to report. A sample of the rows; all of them with
// FORUMD_FULL=1.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { browser, Forum, openPage, signIn } from './lib.js';

const shared = process.env.FORUMD_SHARED ?? join(dirname(fileURLToPath(import.meta.url)), '../../../shared');
const dir = join(shared, 'data/hostile/xss');
const SAMPLE = 300;
const A_THREAD = 150;
let forum, chrome, editor, rows = [];

before(async () => {
	if (!existsSync(dir)) return;
	rows = readdirSync(dir).filter((n) => n.endsWith('.jsonl')).sort().flatMap((n) =>
		readFileSync(join(dir, n), 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l).payload))
		.filter((p) => typeof p === 'string' && p.trim());
	const step = process.env.FORUMD_FULL ? 1 : Math.ceil(rows.length / SAMPLE);
	rows = rows.filter((_, i) => i % step === 0);
	forum = await Forum.start();
	chrome = await browser();
	editor = forum.user('edith', 'moderator,editor');
});
after(async () => {
	await chrome?.close();
	await forum?.stop();
});

/** A page with the canary; .alarms is what it saw. */
async function guarded() {
	const context = await chrome.newContext();
	const page = await openPage(context);
	page.alarms = [];
	await page.exposeFunction('canary', (what) => page.alarms.push(what));
	await page.addInitScript(() => {
		for (const f of ['alert', 'prompt', 'confirm', 'print', 'open'])
			window[f] = (...a) => window.canary(`${f} ${a}`);
		addEventListener('securitypolicyviolation', (ev) => window.canary(`policy: ${ev.violatedDirective} ${ev.blockedURI}`));
	});
	page.on('dialog', (d) => { page.alarms.push(`dialog ${d.message()}`); d.dismiss(); });
	page.on('request', (r) => {
		if (!r.url().startsWith(forum.url) && !r.url().startsWith('blob:')) page.alarms.push(`request ${r.url()}`);
	});
	page.on('framenavigated', (f) => {
		if (f.url() !== 'about:blank' && !f.url().startsWith(forum.url)) page.alarms.push(`went to ${f.url()}`);
	});
	return page;
}

/** What no comment may bring: elements and attributes that act. */
const inert = (page) => page.evaluate(() => [...document.querySelectorAll('.body *, .item .text *')].flatMap((e) => [
	...(/^(script|iframe|object|embed|form|input|svg|math|style|link|meta|base|img|video|audio)$/i.test(e.tagName) ? [e.outerHTML] : []),
	...[...e.attributes].filter((a) => /^on|style|srcdoc/i.test(a.name) || /^\s*(javascript|data|vbscript):/i.test(a.value)).map((a) => `${a.name}=${a.value}`),
]).slice(0, 5));

async function post(slug, body, name) {
	return forum.api('POST', `/api/v1/threads/${slug}/comments`, { body, language: 'en', ...(name ? { name } : {}) },
		name ? undefined : editor.token);
}

test('the canary sings', async (t) => {
	if (rows.length === 0) return t.skip(`no ${dir}`);
	const page = await guarded();
	await page.goto(forum.url);
	await page.evaluate(() => {
		alert('x');
		document.body.append(Object.assign(document.createElement('img'), { src: 'http://127.0.0.9/x' }));
	});
	while (!/alert x.*policy: img-src/s.test(page.alarms.join()))
		await page.evaluate(() => new Promise((r) => requestAnimationFrame(r)));
});

test('no payload runs as a comment', { timeout: 900000 }, async (t) => {
	if (rows.length === 0) return t.skip(`no ${dir}`);
	let posted = 0;
	const page = await guarded();
	for (let at = 0; at < rows.length; at += A_THREAD) {
		const slug = `xss-${at}`;
		await forum.thread(editor.token, slug);
		const answers = await Promise.all(rows.slice(at, at + A_THREAD).map((r) => post(slug, r)));
		for (const [i, a] of answers.entries()) {
			assert.ok([201, 202, 400, 413, 422].includes(a.status), `${a.status} ${rows[at + i].slice(0, 80)}`);
			posted += a.status < 300;
		}
		let path = `/t/${slug}`;
		while (path) {
			await page.goto(forum.url + path);
			await page.waitForSelector('html[data-ready=thread]');
			await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
			assert.deepEqual(await inert(page), [], path);
			const next = page.locator('.pager a[rel=next]');
			path = await next.count() ? await next.getAttribute('href') : null;
		}
	}
	t.diagnostic(`${posted} of ${rows.length} rows were comments`);
	assert.ok(posted > rows.length * 0.9, `only ${posted} of ${rows.length} were taken`);
	assert.deepEqual([...page.alarms, ...page.faults], []);
});

test('no payload runs as a name, in the queue or in a search', async (t) => {
	if (rows.length === 0) return t.skip(`no ${dir}`);
	await forum.thread(editor.token, 'names', 'all_held');
	const some = rows.filter((_, i) => i % Math.ceil(rows.length / 40) === 0);
	for (const r of some) await post('names', r, r.slice(0, 60));
	const page = await guarded();
	await signIn(page, forum, editor);
	for (const path of ['/t/names', '/review?state=held', '/log', '/desk']) {
		await page.goto(forum.url + path);
		await page.waitForLoadState('networkidle');
		assert.deepEqual(await inert(page), [], path);
	}
	for (const r of some) {
		const a = await fetch(`${forum.url}/api/v1/search?q=${encodeURIComponent(r.slice(0, 100))}`);
		assert.match(a.headers.get('content-type'), /json/);
	}
	for (const r of some.slice(0, 15)) {
		await page.goto(`${forum.url}/t/names?lang=${encodeURIComponent(r.slice(0, 12))}&theme=${encodeURIComponent(r.slice(0, 60))}`);
		await page.goto(`${forum.url}/sign-in?next=${encodeURIComponent(r.slice(0, 100))}`);
	}
	assert.deepEqual([...page.alarms, ...page.faults], []);
});
