// A reader writes and sees what becomes of it: live arrival in a second
// context, the receipt checked in the browser, a draft over a reload, errors
// beside the field, a removal's tombstone in place, appeal and reversal.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, Forum, openPage, signIn } from './lib.js';

const REASON = 'The post makes an accusation against a living person that the article does not support.';
let forum, chrome, editor, first, second;

before(async () => {
	forum = await Forum.start();
	chrome = await browser();
	editor = forum.user('edith', 'editor');
	first = forum.user('morris', 'moderator');
	second = forum.user('maud', 'moderator');
});
after(async () => {
	await chrome?.close();
	await forum?.stop();
});

async function reader(slug) {
	const page = await openPage(await chrome.newContext());
	await page.goto(`${forum.url}/t/${slug}`);
	await page.waitForSelector('html[data-ready=thread]');
	return page;
}

async function write(page, body, name) {
	await page.fill('#compose-body', body);
	if (name && await page.locator('#compose-name').count()) await page.fill('#compose-name', name);
	await page.click('#compose button:not([name])');
}

test('a comment arrives live at a second reader without moving the page', async () => {
	await forum.thread(editor.token, 'live');
	for (let i = 0; i < 30; i++) await forum.post('live', `Line ${i} of a long discussion about the harbour.`, editor.token);
	const there = await reader('live');
	await there.waitForSelector('#comments[data-live=on]');
	const target = there.locator('article.comment').nth(12);
	await target.scrollIntoViewIfNeeded();
	const top = await target.evaluate((e) => e.getBoundingClientRect().top);
	const here = await reader('live');
	await write(here, 'Written by one, read by another.', 'Paula Plain');
	await here.waitForSelector('article.mine >> text=Written by one');
	await there.waitForSelector('.newbar button');
	assert.match(await there.textContent('.newbar'), /^1 /);
	assert.equal(await there.locator('text=Written by one').count(), 0);
	const now = await target.evaluate((e) => e.getBoundingClientRect().top);
	assert.ok(Math.abs(now - top) < 1, `moved from ${top} to ${now}`);
	await there.click('.newbar button');
	await there.waitForSelector('article.comment >> text=Written by one');
	await here.waitForSelector('[data-receipt=sound]');
	assert.match(await here.textContent('#status'), /others see it/);
	assert.deepEqual([...here.faults, ...there.faults], []);
});

test('a draft outlives a reload and an error stands beside its field', async () => {
	await forum.thread(editor.token, 'draft');
	const page = await reader('draft');
	await page.fill('#compose-body', 'Half a thought');
	await page.reload();
	await page.waitForSelector('html[data-ready=thread]');
	assert.equal(await page.inputValue('#compose-body'), 'Half a thought');
	await page.fill('#compose-body', ' ');
	await page.fill('#compose-name', 'Paula Plain');
	await page.click('#compose button:not([name])');
	await page.waitForFunction(() => document.getElementById('compose-body-error').textContent !== '');
	assert.equal(await page.getAttribute('#compose-body', 'aria-invalid'), 'true');
	assert.equal(await page.evaluate(() => document.activeElement.id), 'compose-body');
	assert.deepEqual(page.faults, []);
});

test('from posting to overturned appeal, in three contexts at once', async () => {
	await forum.thread(editor.token, 'case');
	const author = await reader('case');
	const words = 'The councillor said so in March, and the minutes show it.';
	await write(author, words, 'Paula Plain');
	const own = author.locator('article.mine', { hasText: words });
	await own.waitFor();
	const id = await own.getAttribute('data-id');
	const stranger = await reader('case');
	await stranger.waitForSelector('#comments[data-live=on]');

	await forum.decide(id, { action: 'remove', clause: await forum.clause(),
		explanation: REASON }, first.token);
	const mark = stranger.locator(`#c-${id} .tombstone`);
	await mark.waitFor();
	assert.match(await mark.textContent(), new RegExp(REASON));
	assert.equal(await stranger.locator(`text=${words}`).count(), 0);

	await author.goto(`${forum.url}/c/${id}`);
	assert.match(await author.textContent('main'), new RegExp(REASON));
	assert.match(await author.textContent('main'), /councillor/);
	await author.click(`a[href="/c/${id}/appeal"]`);
	await author.fill('[name=grounds]', 'It quotes the published minutes word for word.');
	await author.click('form[action$="/appeal"] button');
	await author.waitForLoadState();

	const judge = await openPage(await chrome.newContext());
	await signIn(judge, forum, second);
	await judge.goto(`${forum.url}/review?state=appealed`);
	const item = judge.locator(`.item[data-id="${id}"]`);
	await item.waitFor();
	assert.match(await item.textContent(), /quotes the published minutes/);
	if (!await item.locator('[name=clause]:checked').count()) await item.locator('[name=clause]').first().check();
	await item.locator('[name=explanation]').fill('The minutes do say this and the post quotes them exactly.');
	await item.locator('button[value=reversed]').click();
	await stranger.waitForSelector(`#c-${id}[data-state=visible]`, { timeout: 15000 });
	assert.match(await stranger.textContent(`#c-${id}`), /councillor/);
	assert.deepEqual([...author.faults, ...stranger.faults, ...judge.faults], []);
});

test('a moderator removes in two keystrokes and the words', async () => {
	await forum.thread(editor.token, 'keys', 'all_held');
	const { comment } = await forum.post('keys', 'Something that waits.', undefined, { name: 'Guest Somebody' });
	const page = await openPage(await chrome.newContext());
	await signIn(page, forum, first);
	await page.goto(`${forum.url}/review?state=held`);
	await page.waitForSelector('html[data-ready=review]');
	let presses = 0;
	const press = (k) => { presses++; return page.keyboard.press(k); };
	await press('1');
	await page.keyboard.insertText(REASON);
	await press('Control+Enter');
	await page.waitForSelector('#status button');
	assert.equal(presses, 2);
	await page.waitForFunction(async (id) => (await (await fetch(`/api/v1/comments/${id}`)).json()).state === 'removed', comment.id);
	assert.deepEqual(page.faults, []);
});
