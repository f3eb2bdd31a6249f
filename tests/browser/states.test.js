// What a page becomes while it is used, in both themes: errors, a preview, a
// new comment, a reply form, a dialog. Focus goes everywhere, is seen and is
// not covered, also at 400 % and with what sticks to the window's edge; nothing
// moves for those who asked for that.

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
	for (let i = 0; i < 12; i++) await forum.post('pages', `Line ${i} of a discussion.`, editor.token);
	await forum.thread(editor.token, 'wait', 'all_held');
	for (let i = 0; i < 3; i++) await forum.post('wait', `One that waits, ${i}.`, undefined, { name: 'Guest Somebody' });
});
after(async () => {
	await chrome?.close();
	await forum?.stop();
});

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

/** Tabs through the page: what is focused unseen or lies under something. */
async function focusFaults(page, steps = 60) {
	const bad = [];
	for (let i = 0; i < steps; i++) {
		await page.keyboard.press('Tab');
		const at = await page.evaluate(() => {
			const e = document.activeElement;
			if (e === document.body) return null;
			const s = getComputedStyle(e), r = e.getClientRects()[0] ?? e.getBoundingClientRect();
			const x = r.left + r.width / 2, y = Math.min(Math.max(r.top, 0) + 4, r.top + r.height / 2);
			const top = document.elementFromPoint(x, y) ?? document.elementFromPoint(x, r.top + r.height / 2);
			return { what: e.outerHTML.slice(0, 90), seen: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2,
				clear: Boolean(top && (e.contains(top) || top.contains(e))) };
		});
		if (!at) break;
		if (!at.seen) bad.push(`unseen: ${at.what}`);
		if (!at.clear) bad.push(`covered: ${at.what}`);
	}
	return bad;
}

test('focus goes everywhere, is seen and is not covered', async () => {
	const page = await openPage(await chrome.newContext({ viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' }));
	for (const path of ['/', '/t/pages', '/policy', '/sign-up']) {
		await page.goto(forum.url + path);
		assert.deepEqual(await focusFaults(page), [], path);
	}
});

test('at 400 % nothing that sticks covers the focus', async () => {
	const page = await openPage(await chrome.newContext({ viewport: { width: 320, height: 256 }, deviceScaleFactor: 4, reducedMotion: 'reduce' }));
	await page.goto(`${forum.url}/t/pages`);
	await page.waitForSelector('#comments[data-live=on]', { state: 'attached' });
	await forum.post('pages', 'Arrives, so that the bar is there.', editor.token);
	await page.waitForSelector('.newbar button');
	assert.deepEqual(await focusFaults(page, 50), []);
	assert.deepEqual(await layout(page), []);
	await signIn(page, forum, editor);
	await page.goto(`${forum.url}/review?state=held`);
	await page.waitForSelector('html[data-ready=review]');
	for (const n of [0, 1]) await page.locator('input.pick').nth(n).check();
	await page.waitForSelector('.bar-batch:not([hidden])');
	await page.evaluate(() => document.activeElement.blur());
	assert.deepEqual(await focusFaults(page, 50), []);
	assert.deepEqual(await layout(page), []);
	await page.goto(`${forum.url}/desk`);
	assert.deepEqual(await focusFaults(page, 40), []);
	assert.deepEqual(await layout(page), []);
});

test('nothing moves for those who asked for that', async () => {
	const moving = (page) => page.evaluate(() => {
		const slow = (v) => v.split(',').some((x) => parseFloat(x) > 0);
		const all = [...document.querySelectorAll('*')].map((e) => getComputedStyle(e));
		return { styles: all.filter((s) => slow(s.transitionDuration) || slow(s.animationDuration)).length,
			scroll: getComputedStyle(document.documentElement).scrollBehavior };
	});
	const page = await openPage(await chrome.newContext({ reducedMotion: 'reduce' }));
	await page.goto(`${forum.url}/t/pages`);
	assert.deepEqual(await moving(page), { styles: 0, scroll: 'auto' });
	await page.emulateMedia({ reducedMotion: 'no-preference' });
	assert.ok((await moving(page)).styles > 0, 'the test would see it');
});

test('a page that is read from the right holds together', async () => {
	const page = await openPage(await chrome.newContext({ viewport: { width: 360, height: 740 } }));
	for (const path of ['/', '/t/pages', '/policy', '/log']) {
		await page.goto(forum.url + path);
		await page.evaluate(() => { document.documentElement.dir = 'rtl'; });
		assert.deepEqual(await layout(page), [], path);
	}
	await page.goto(`${forum.url}/t/pages`);
	await page.evaluate(() => { document.documentElement.dir = 'rtl'; });
	const [name, body] = await page.evaluate(() => ['bdi.author', '.body'].map((s) => document.querySelector(`#comments ${s}`).getBoundingClientRect())
		.map((r) => ({ left: r.left, right: r.right })));
	assert.ok(name.right > 300 && body.right > 300, 'beginnings stand on the right');
	await forum.post('pages', 'שלום, a line that turns.', editor.token);
	await page.goto(`${forum.url}/t/pages?sort=newest`);
	const turned = page.locator('article.comment', { hasText: 'a line that turns' });
	assert.equal(await turned.locator('.body').evaluate((e) => getComputedStyle(e).direction), 'rtl');
	assert.equal(await turned.locator('header').evaluate((e) => getComputedStyle(e).direction), 'ltr');
});
