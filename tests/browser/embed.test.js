// A news page of another site with the discussion in a frame, in a browser
// that blocks third-party cookies: the frame sizes itself, takes theme and
// language, a guest posts and reaches the comment by the keep-link; without
// scripts a link stands there. And the demonstration page.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { axe, browser, Forum, openPage } from './lib.js';

let forum, chrome, editor, news, site;

const article = (attributes) => `<!DOCTYPE html><html lang="en"><title>News</title><h1>News</h1>
<p><a href="#x">Comments</a>: <span data-forum-count="https://gazette.example/embedded"></span></p>
<div style="block-size: 2000px">A long article.</div>
<script src="${forum.url}/embed.js" data-thread="embedded" ${attributes} async></script>
<noscript><a href="${forum.url}/t/embedded">Read and write comments</a></noscript>`;

before(async () => {
	news = createServer((q, a) => {
		a.setHeader('Content-Type', 'text/html; charset=utf-8');
		a.end(article(decodeURIComponent(new URL(q.url, 'http://x').searchParams.get('with') ?? '')));
	});
	await new Promise((r) => news.listen(0, '127.0.0.1', r));
	// Another site than 127.0.0.1, not only another port.
	site = `http://localhost:${news.address().port}`;
	forum = await Forum.start(`sites=${site}`);
	chrome = await browser('--test-third-party-cookie-phaseout', '--host-resolver-rules=MAP localhost 127.0.0.1');
	editor = forum.user('edith', 'editor');
	await forum.thread(editor.token, 'embedded');
	for (let i = 0; i < 5; i++) await forum.post('embedded', `Line ${i} of the discussion.`, editor.token);
});
after(async () => {
	await chrome?.close();
	news?.close();
	await forum?.stop();
});

async function open(attributes = '', options = {}) {
	const page = await openPage(await chrome.newContext(options));
	await page.goto(`${site}/?with=${encodeURIComponent(attributes)}`);
	return page;
}

test('the frame has the height of what is in it, and comes when it is near', async () => {
	const page = await open();
	await page.waitForFunction(() => document.querySelector('[data-forum-count]').textContent === '5');
	const frame = page.locator('iframe');
	await frame.scrollIntoViewIfNeeded();
	const inside = page.frameLocator('iframe');
	await inside.locator('html[data-ready=thread]').waitFor({ state: 'attached' });
	await page.waitForFunction(() => document.querySelector('iframe').style.blockSize !== '40rem');
	const wanted = await inside.locator('body').evaluate((b) => b.scrollHeight);
	await page.waitForFunction((n) => Math.abs(document.querySelector('iframe').getBoundingClientRect().height - n) < 3, wanted);
	assert.deepEqual(page.faults, []);
});

test('theme and language are the news page’s', async () => {
	const page = await open('data-theme="dark" data-lang="ro" data-lazy="off"');
	const root = page.frameLocator('iframe').locator('html');
	await page.frameLocator('iframe').locator('html[data-ready=thread]').waitFor({ state: 'attached' });
	assert.equal(await root.getAttribute('lang'), 'ro');
	assert.equal(await root.getAttribute('data-theme'), 'dark');
	const paper = await root.evaluate(() => getComputedStyle(document.body).backgroundColor);
	const light = Number(/\d+/.exec(paper)[0]);
	assert.ok(light < 80, paper);
});

test('a guest posts in the frame and reaches the comment by the keep-link', async () => {
	const page = await open('data-lazy="off"');
	const f = page.frameLocator('iframe');
	await f.locator('html[data-ready=thread]').waitFor({ state: 'attached' });
	await f.locator('#compose-body').fill('Written on the news page itself.');
	await f.locator('#compose-name').fill('Greta Guest');
	await f.locator('#compose button:not([name])').click();
	await f.locator('article.mine', { hasText: 'Written on the news page itself' }).waitFor();
	await f.locator('[data-receipt=sound]').waitFor();
	const link = f.locator('#status a[href^="/keep"], #alert a[href^="/keep"]');
	const [own] = await Promise.all([page.context().waitForEvent('page'), link.click()]);
	await own.waitForSelector('main form#keep');
	await own.waitForFunction(() => location.hash === '');
	await Promise.all([own.waitForURL('**/c/*'), own.click('main form button')]);
	assert.match(await own.textContent('main'), /Written on the news page itself/);
	await own.waitForSelector('[data-receipt]');
	// Cookies are blocked, yet a second comment is the same guest's.
	await f.locator('#compose-body').fill('And a second one by the same hand.');
	await f.locator('#compose-name').fill('Greta Guest');
	await f.locator('#compose button:not([name])').click();
	await f.locator('article.mine', { hasText: 'second one by the same hand' }).waitFor();
	assert.equal(await f.locator('article.mine').evaluateAll((l) => new Set(l.map((a) => a.dataset.author)).size), 1);
	assert.deepEqual(page.faults, []);
});

test('a page of nobody’s list gets no frame, and a page without scripts a link', async () => {
	const off = await open('', { javaScriptEnabled: false });
	const link = off.locator('noscript a, a', { hasText: 'Read and write comments' });
	await Promise.all([off.waitForURL(`${forum.url}/t/embedded`), link.click()]);
	assert.ok(await off.locator('article.comment').count() >= 5);
	const strange = await openPage(await chrome.newContext());
	await strange.goto(`http://127.0.0.1:${news.address().port}/?with=data-lazy%3D%22off%22`);
	await strange.waitForSelector('iframe');
	await strange.waitForFunction(() => document.querySelector('iframe'));
	await assert.rejects(strange.frameLocator('iframe').locator('#compose-body').waitFor({ timeout: 1500 }));
});

test('the demonstration page', async () => {
	const page = await openPage(await chrome.newContext());
	forum.ctl(['seed', forum.seeds]);
	await page.goto(`${forum.url}/demo`);
	await page.waitForFunction(() => Number(document.querySelector('[data-forum-count]').textContent) > 5);
	await page.locator('iframe').scrollIntoViewIfNeeded();
	await page.frameLocator('iframe').locator('article.comment').first().waitFor();
	assert.deepEqual([...await axe(page), ...page.faults], []);
});
