// A discussion of 5,000 comments: a page of it stays small whatever its
// length, folding, walking and arrivals work on it, and the next page goes on
// where it ended. What is sent for a page of 100 comments until it is there,
// counted on the wire. Nothing here is measured in time.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { browser, Forum, openPage } from './lib.js';

const FIRST_PAINT = 60 * 1024;
const words = `council review timeline interpreter neighbour tram harbour minutes school evening letter corridor
	budget market stall tree river committee question answer meeting office winter bridge platform ticket`.split(/\s+/);
let forum, chrome, editor;

/** Text that compresses like people's, not like one line repeated. */
let seed = 7;
function sentence(n) {
	const pick = () => words[(seed = (seed * 1103515245 + 12345) % 2147483648) % words.length];
	return `${Array.from({ length: n }, pick).join(' ')}.`;
}

before(async () => {
	forum = await Forum.start();
	chrome = await browser();
	editor = forum.user('edith', 'editor');
	for (const slug of ['long', 'hundred']) await forum.thread(editor.token, slug);
	const lines = [];
	for (let i = 0; i < 5000; i++) {
		lines.push({ cmd: 'comment.post', thread: 'long', ref: `l${i}`, parent: i % 5 ? `l${i - i % 5}` : null,
			author: 'edith', language: 'en', body: `${i}: ${sentence(12 + i % 30)}` });
	}
	for (let i = 0; i < 100; i++) {
		lines.push({ cmd: 'comment.post', thread: 'hundred', ref: `h${i}`, parent: i % 3 ? `h${i - 1}` : null,
			author: 'edith', language: 'en', body: `${sentence(20 + i % 25)} ${sentence(15)}` });
	}
	const file = join(forum.data, 'long.jsonl');
	writeFileSync(file, lines.map((l) => JSON.stringify(l)).join('\n'));
	forum.ctl(['seed', file]);
});
after(async () => {
	await chrome?.close();
	await forum?.stop();
});

const ready = (page) => page.waitForSelector('html[data-ready=thread]');

test('a page of 5,000 comments is bounded, walked and folded', async () => {
	const page = await openPage(await chrome.newContext({ reducedMotion: 'reduce' }));
	await page.goto(`${forum.url}/t/long`);
	await ready(page);
	assert.match(await page.textContent('.account'), /5,?000 posted/);
	const size = await page.evaluate(() => ({ nodes: document.querySelectorAll('*').length,
		articles: document.querySelectorAll('article.comment').length }));
	assert.ok(size.articles > 50 && size.articles <= 110, `${size.articles} articles`);
	assert.ok(size.nodes < 5000, `${size.nodes} elements`);

	const at = () => page.evaluate(() => {
		const all = [...document.querySelectorAll('article.comment')];
		const c = document.querySelector('.comment.current');
		const r = c?.getBoundingClientRect();
		return { n: all.indexOf(c), focus: document.activeElement === c, only: document.querySelectorAll('.comment.current').length,
			seen: Boolean(r && r.bottom > 0 && r.top < innerHeight) };
	});
	for (let i = 0; i < 40; i++) await page.keyboard.press('j');
	assert.deepEqual(await at(), { n: 39, focus: true, only: 1, seen: true });
	for (let i = 0; i < 4; i++) await page.keyboard.press('k');
	assert.deepEqual(await at(), { n: 35, focus: true, only: 1, seen: true });

	const top = page.locator('article.comment.d0').nth(3);
	await top.scrollIntoViewIfNeeded();
	const fold = top.locator('button[aria-expanded=true]');
	await fold.click();
	assert.equal(await page.locator('article.comment[hidden]').count(), 4);
	await top.evaluate((e) => e.focus());
	const shut = top.locator('button[aria-expanded=false]');
	assert.match(await shut.textContent(), /4/);
	await shut.focus();
	await page.keyboard.press('Enter');
	assert.equal(await page.locator('article.comment[hidden]').count(), 0);
	assert.deepEqual(page.faults, []);
});

test('the next page goes on where this one ended, and arrivals wait', async () => {
	const page = await openPage(await chrome.newContext());
	await page.goto(`${forum.url}/t/long`);
	const seen = new Set();
	for (let n = 0; n < 3; n++) {
		await ready(page);
		const ids = await page.$$eval('article.comment', (l) => l.map((a) => a.dataset.id));
		for (const id of ids) assert.ok(!seen.has(id), 'none twice');
		ids.forEach((id) => seen.add(id));
		await Promise.all([page.waitForNavigation(), page.click('.pager a[rel=next]')]);
	}
	assert.ok(seen.size >= 290, `${seen.size} in three pages`);
	await ready(page);
	await page.waitForSelector('#comments[data-live=on]', { state: 'attached' });
	const before = await page.locator('article.comment').count();
	await forum.post('long', 'One more, while it is read.', editor.token);
	await page.waitForSelector('.newbar button');
	assert.equal(await page.locator('article.comment').count(), before);
	assert.match(await page.textContent('#status'), /1/);
});

test('a page of 100 comments is on the screen for under 60 KB', async (t) => {
	const page = await openPage(await chrome.newContext());
	const session = await page.context().newCDPSession(page);
	await session.send('Network.enable');
	const at = new Map();
	let bytes = 0;
	session.on('Network.responseReceived', (e) => at.set(e.requestId, e.response.url));
	session.on('Network.loadingFinished', (e) => { if (at.has(e.requestId)) bytes += e.encodedDataLength; });
	await page.goto(`${forum.url}/t/hundred`);
	await ready(page);
	assert.equal(await page.locator('article.comment').count(), 100);
	assert.ok([...at.values()].some((u) => u.endsWith('.css')) && bytes > 5000, 'it was counted');
	assert.ok(bytes < FIRST_PAINT, `${bytes} bytes: ${[...at.values()].map((u) => u.split('/').pop()).join(' ')}`);
	t.diagnostic(`${bytes} bytes`);
});
