// A news page of another site with the discussion in a frame, in a browser
// that blocks third-party cookies: the frame sizes itself, takes theme and
// language, a guest posts and reaches the comment by the keep-link; without
// scripts a link stands there. Under TLS its cookies are partitioned, so that
// a member signs in and a guest is known again there and nowhere else. And
// the demonstration page.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { createServer as listener } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { axe, browser, Forum, openPage } from './lib.js';

let forum, chrome, editor, news, site;

const article = (attributes, at = forum.url) => `<!DOCTYPE html><html lang="en"><title>News</title><h1>News</h1>
<p><a href="#x">Comments</a>: <span data-forum-count="https://gazette.example/embedded"></span></p>
<div style="block-size: 2000px">A long article.</div>
<script src="${at}/embed.js" data-thread="embedded" ${attributes} async></script>
<noscript><a href="${at}/t/embedded">Read and write comments</a></noscript>`;

before(async () => {
	news = createServer((q, a) => {
		a.setHeader('Content-Type', 'text/html; charset=utf-8');
		const asked = new URL(q.url, 'http://x').searchParams;
		if (asked.has('frame')) a.end(`<!DOCTYPE html><html lang="en"><title>News</title><iframe title="f" width="800" height="2000" src="${asked.get('frame')}"></iframe>`);
		else a.end(article(asked.get('with') ?? '', asked.get('at') ?? forum.url));
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

test('sort links and the next page keep language and theme', async () => {
	const page = await open('data-lang="ro" data-theme="dark" data-lazy="off"');
	const f = page.frameLocator('iframe');
	await f.locator('.sort a').nth(1).click();
	await f.locator('.sort li:nth-child(2) a[aria-current]').waitFor();
	assert.equal(await f.locator('html').getAttribute('lang'), 'ro');
	assert.equal(await f.locator('html').getAttribute('data-theme'), 'dark');
	assert.match(await f.locator('form#compose').getAttribute('action'), /\?lang=ro&theme=dark$/);
});

const freePort = () => new Promise((resolve) => {
	const l = listener().listen(0, '127.0.0.1', () => {
		const { port } = l.address();
		l.close(() => resolve(port));
	});
});

test('under TLS the frame has cookies of its own partition', async () => {
	const port = await freePort();
	const at = `https://127.0.0.1:${port}`;
	const [cert, key] = ['cert', 'key'].map((n) => join(forum.data, `${n}.pem`));
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
		'-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2', '-keyout', key, '-out', cert], { stdio: 'ignore' });
	const safe = await Forum.start(`sites=${site}`, `tls_listen=127.0.0.1:${port}`, `tls_cert=${cert}`, `tls_key=${key}`);
	try {
		const chief = safe.user('edith', 'editor'), rita = safe.user('rita');
		await safe.thread(chief.token, 'embedded');
		const context = await chrome.newContext({ ignoreHTTPSErrors: true });
		const page = await openPage(context);
		const set = [];
		page.on('response', async (r) => {
			const c = (await r.allHeaders().catch(() => ({})))['set-cookie'];
			if (c) set.push(c);
		});
		const go = () => page.goto(`${site}/?at=${at}&with=${encodeURIComponent('data-lazy="off"')}`);
		await go();
		const f = page.frameLocator('iframe');
		await f.locator('.who a').click();
		await f.locator('[name=name]').fill('rita');
		await f.locator('[name=password]').fill('not it');
		await f.locator('main form button').click();
		await f.locator('[name=password][aria-invalid=true]').waitFor();
		await f.locator('[name=password]').fill(rita.password);
		await f.locator('main form button').click();
		await f.locator('.who bdi', { hasText: 'rita' }).waitFor();
		assert.ok(set.length > 0 && set.every((c) => /SameSite=None; Secure; Partitioned/.test(c)), set.join('\n'));
		await f.locator('html[data-ready=thread]').waitFor({ state: 'attached' });
		await f.locator('#compose-body').fill('A member writes on the news page.');
		await f.locator('#compose button:not([name])').click();
		await f.locator('article.mine', { hasText: 'A member writes' }).waitFor();
		await go();
		await f.locator('.who bdi', { hasText: 'rita' }).waitFor();
		const alone = await openPage(context);
		assert.equal((await alone.goto(`${at}/me`)).status(), 401, 'the partition ends at the frame');
		await f.locator('.who button').click();
		await f.locator('.who a').waitFor();

		// A guest by plain forms, scripts off: the same one twice.
		const plain = await openPage(await chrome.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false }));
		await plain.goto(`${site}/?frame=${encodeURIComponent(`${at}/embed/embedded`)}`);
		const g = plain.frameLocator('iframe');
		for (const text of ['The first by a guest.', 'The second by the guest.']) {
			await g.locator('#compose-body').fill(text);
			await g.locator('#compose-name').fill('Gus Guest');
			await g.locator('#compose button:not([name])').click();
			await g.locator('article.mine', { hasText: text }).waitFor();
		}
		assert.equal(await g.locator('article.mine').count(), 2);
		assert.deepEqual(page.faults, []);
	} finally {
		await safe.stop();
	}
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
