// Every page in both themes, five languages, at 320 and 1280 pixels: axe-core
// finds nothing, nothing scrolls sideways, targets are large enough, no
// script fails and the content policy reports nothing. The same pages answer
// with scripts off.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, browser, Forum, layout, openPage, signIn } from './lib.js';

let forum, chrome, editor, comment;

before(async () => {
	forum = await Forum.start();
	chrome = await browser();
	editor = forum.user('edith', 'moderator,editor');
	await forum.thread(editor.token, 'pages');
	({ comment } = await forum.post('pages', 'A first comment, with *emphasis*.', editor.token));
	const gone = await forum.post('pages', 'One that goes.', undefined, { name: 'Guest Somebody' });
	await forum.decide(gone.comment.id, { action: 'remove', clause: await forum.clause(),
		explanation: 'It names a private person without any need to do so.' }, editor.token);
});
after(async () => {
	await chrome?.close();
	await forum?.stop();
});

const open = () => ['/', '/t/pages', '/t/pages?sort=newest', `/c/${comment.id}`, `/c/${comment.id}/flag`, `/c/${comment.id}/reply`,
	'/log', '/policy', '/stats', '/sign-in', '/sign-up', '/keep', '/embed/pages', '/nowhere'];
const closed = () => ['/me', '/review?state=all', '/desk'];

// Themes and widths in English, languages in one of each; every combination
// with FORUMD_FULL=1.
const all = ['en', 'ro', 'cs', 'sk', 'pl'].flatMap((lang) => ['light', 'dark'].flatMap((theme) => [320, 1280].map((width) => [lang, theme, width])));
const some = [['en', 'light', 1280], ['en', 'dark', 320], ['ro', 'light', 320], ['cs', 'dark', 1280], ['sk', 'light', 320], ['pl', 'dark', 320]];

for (const [lang, colorScheme, width] of process.env.FORUMD_FULL ? all : some) {
	test(`every page is accessible: ${lang}, ${colorScheme}, ${width} px`, async () => {
		const context = await chrome.newContext({ colorScheme, locale: lang, reducedMotion: 'reduce', viewport: { width, height: 900 } });
		const page = await openPage(context);
		const bad = [];
		const look = async (path) => {
			const r = await page.goto(forum.url + path);
			if (r.status() !== (path === '/nowhere' ? 404 : 200)) bad.push(`${path}: ${r.status()}`);
			if (await page.getAttribute('html', 'lang') !== lang) bad.push(`${path}: not in ${lang}`);
			bad.push(...[...await layout(page), ...await axe(page)].map((x) => `${path}: ${x}`));
		};
		for (const path of open()) await look(path);
		await signIn(page, forum, editor);
		for (const path of closed()) await look(path);
		assert.deepEqual([...bad, ...page.faults], []);
		await context.close();
	});
}

for (const colorScheme of ['light', 'dark']) {
	test(`what a page becomes while it is used is accessible, ${colorScheme}`, async () => {
		const page = await openPage(await chrome.newContext({ colorScheme, viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' }));
		const sound = async (what) => assert.deepEqual([...await axe(page), ...await layout(page)], [], what);
		await page.goto(`${forum.url}/t/pages`);
		await page.waitForSelector('#comments[data-live=on]', { state: 'attached' });
		await page.fill('#compose-name', 'Paula Plain');
		await page.click('#compose button:not([name])');
		await page.waitForSelector('#compose-body[aria-invalid=true]');
		await sound('an error beside its field');
		await page.fill('#compose-body', 'A text with *emphasis* to look at.');
		await page.click('#compose button[name=preview]');
		await page.waitForSelector('[data-preview] em');
		await sound('a preview');
		await page.click('#compose button:not([name])');
		await page.waitForSelector('[data-receipt=sound]');
		await sound('posted, with receipt');
		await forum.post('pages', 'An arrival.', editor.token);
		await page.waitForSelector('.newbar button');
		await sound('one new');
		await page.locator(`#c-${comment.id} a[data-act=reply]`).click();
		await page.waitForSelector(`#reply-${comment.id}`);
		await sound('a reply form');
		await page.locator(`#c-${comment.id} a[data-act=flag]`).click();
		await page.waitForSelector('dialog[open]');
		await sound('a dialog');
		assert.deepEqual(page.faults, []);
	});
}

test('focus goes everywhere, is seen and is not covered', async () => {
	const page = await openPage(await chrome.newContext({ viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' }));
	for (const path of ['/', '/t/pages', '/policy', '/sign-up']) {
		await page.goto(forum.url + path);
		const bad = [];
		for (let i = 0; i < 60; i++) {
			await page.keyboard.press('Tab');
			const at = await page.evaluate(() => {
				const e = document.activeElement;
				if (e === document.body) return null;
				const s = getComputedStyle(e), r = e.getClientRects()[0] ?? e.getBoundingClientRect();
				const top = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
				return { what: e.outerHTML.slice(0, 90), seen: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2,
					clear: Boolean(top && (e.contains(top) || top.contains(e))) };
			});
			if (!at) break;
			if (!at.seen) bad.push(`unseen: ${at.what}`);
			if (!at.clear) bad.push(`covered: ${at.what}`);
		}
		assert.deepEqual(bad, [], path);
	}
});

test('pages with scripts off', async () => {
	const page = await openPage(await chrome.newContext({ javaScriptEnabled: false }));
	for (const path of open()) {
		const r = await page.goto(forum.url + path);
		assert.equal(r.status(), path === '/nowhere' ? 404 : 200, path);
		assert.ok(await page.locator('main').count(), path);
	}
	await page.goto(`${forum.url}/t/pages`);
	await page.fill('#compose-body', 'Posted by a plain form.');
	await page.fill('#compose-name', 'Paula Plain');
	await page.click('#compose button:not([name])');
	assert.match(await page.textContent('main'), /Posted by a plain form/);
});
