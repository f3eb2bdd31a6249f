// One case from beginning to end: a comment is held, removed with a reason,
// appealed and put back by another person; each of them in a browser of
// their own at the same time. By keyboard and live with scripts, by plain
// forms without. Beside it what a reader does on the way: report, look as a
// stranger, open an account and leave.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, Forum, openPage, signIn } from './lib.js';

const REASON = 'Accuses a named living person of a crime that no source in the article mentions.';
const BACK = 'The published minutes report exactly this, and the post quotes them fairly.';
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

const open = async (options) => openPage(await chrome.newContext(options));
const ready = (page, what) => page.waitForSelector(`html[data-ready=${what}]`);

async function waitState(id, state) {
	for (;;) {
		const { data } = await forum.api('GET', `/api/v1/comments/${id}`, undefined, editor.token);
		if (data.state === state) return;
	}
}

test('held, removed by keyboard, appealed, put back: live in three browsers', async () => {
	await forum.thread(editor.token, 'case', 'all_held');
	const words = 'The mayor’s brother got the contract, it is in the minutes.';
	const [author, stranger, judge] = [await open(), await open(), await open()];
	for (const page of [author, stranger]) {
		await page.goto(`${forum.url}/t/case`);
		await page.waitForSelector('#comments[data-live=on]', { state: 'attached' });
	}
	await author.fill('#compose-body', words);
	await author.fill('#compose-name', 'Paula Plain');
	await author.click('#compose button:not([name])');
	const own = author.locator('article.mine');
	await own.locator('.tombstone.held').waitFor();
	assert.match(await own.textContent(), /brother got the contract/);
	const id = await own.getAttribute('data-id');
	await author.waitForSelector('[data-receipt=sound]');

	await signIn(judge, forum, first);
	await judge.goto(`${forum.url}/review?state=held`);
	await ready(judge, 'review');
	const events = [];
	await judge.exposeFunction('keyPressed', (k) => events.push(k));
	await judge.evaluate(() => addEventListener('keydown', (ev) => { if (ev.key !== 'Control') window.keyPressed(ev.key); }, true));
	await judge.keyboard.press('1');
	await judge.keyboard.insertText(REASON);
	await judge.keyboard.press('Control+Enter');
	await judge.waitForSelector('#status button');
	assert.deepEqual(events, ['1', 'Enter'], 'two keystrokes and the words');
	await own.locator('.tombstone', { hasText: REASON }).waitFor();
	assert.match(await own.textContent(), /brother got the contract/);
	await stranger.reload();
	await stranger.waitForSelector('#comments[data-live=on]', { state: 'attached' });
	const place = stranger.locator(`#c-${id}`);
	assert.match(await place.textContent(), new RegExp(REASON));
	assert.doesNotMatch(await place.textContent(), /brother/);

	await own.locator('a[href$="/statement"]').click();
	assert.match(await author.textContent('main'), new RegExp(REASON));
	await author.goto(`${forum.url}/c/${id}`);
	await author.click(`a[href="/c/${id}/appeal"]`);
	await author.fill('[name=grounds]', 'It quotes the published minutes word for word.');
	await Promise.all([author.waitForNavigation(), author.click('form[action$="/appeal"] button')]);

	await judge.goto(`${forum.url}/review?state=appealed`);
	await ready(judge, 'review');
	assert.equal(await judge.locator(`.item[data-id="${id}"]`).count(), 0, 'one’s own decision is not offered');
	const other = await open();
	await signIn(other, forum, second);
	await other.goto(`${forum.url}/review?state=appealed`);
	await ready(other, 'review');
	const item = other.locator(`.item[data-id="${id}"]`);
	assert.match(await item.textContent(), /word for word/);
	await item.locator('[name=explanation]').fill(BACK);
	await item.locator('button[value=reversed]').click();
	await stranger.waitForSelector(`#c-${id}[data-state=visible]`);
	assert.match(await place.textContent(), /brother got the contract/);
	await author.goto(`${forum.url}/c/${id}`);
	assert.equal(await author.locator(`#c-${id}`).getAttribute('data-state'), 'visible');
	for (const page of [author, stranger, judge, other]) assert.deepEqual(page.faults, []);
});

test('the same case by plain forms, scripts off', async () => {
	await forum.thread(editor.token, 'plain', 'all_held');
	const off = { javaScriptEnabled: false };
	const [author, stranger, judge, other] = [await open(off), await open(off), await open(off), await open(off)];
	await author.goto(`${forum.url}/t/plain`);
	await author.fill('#compose-body', 'The councillor said so in March.');
	await author.fill('#compose-name', 'Paul Plain');
	await author.click('#compose button:not([name])');
	await author.waitForURL('**/c/*');
	const id = new URL(author.url()).pathname.split('/')[2];
	assert.equal(await author.locator(`#c-${id}`).getAttribute('data-state'), 'held');
	assert.ok(await author.locator('[data-receipt] pre').count());

	await signIn(judge, forum, first);
	await judge.goto(`${forum.url}/review/${id}`);
	await judge.click('button[value=remove]');
	assert.ok(await judge.locator('.field-error:not(:empty)').count(), 'no removal without a reason');
	await judge.locator('[name=clause]').first().check();
	await judge.fill('[name=explanation]', REASON);
	await judge.click('button[value=remove]');
	await waitState(id, 'removed');
	await stranger.goto(`${forum.url}/t/plain`);
	assert.match(await stranger.textContent(`#c-${id}`), new RegExp(REASON));

	await author.goto(`${forum.url}/c/${id}`);
	assert.match(await author.textContent(`#c-${id}`), /councillor/);
	await author.click(`a[href="/c/${id}/appeal"]`);
	await author.fill('[name=grounds]', 'It quotes the published minutes word for word.');
	await author.click('form[action$="/appeal"] button');
	await signIn(other, forum, second);
	await other.goto(`${forum.url}/review?state=appealed`);
	const item = other.locator(`.item[data-id="${id}"]`);
	await item.locator('[name=clause]').first().check();
	await item.locator('[name=explanation]').fill(BACK);
	await item.locator('button[value=reversed]').click();
	await waitState(id, 'visible');
	await stranger.reload();
	assert.match(await stranger.textContent(`#c-${id}`), /councillor/);
});

test('report in a dialog, look as a stranger, check the receipt', async () => {
	await forum.thread(editor.token, 'acts');
	const { comment } = await forum.post('acts', 'A sentence that somebody minds.', editor.token);
	const page = await open();
	await page.goto(`${forum.url}/t/acts`);
	await ready(page, 'thread');
	await page.click(`#c-${comment.id} a[data-act=flag]`);
	const dialog = page.locator('dialog[open]');
	await dialog.locator('[name=clause]').first().check();
	await dialog.locator('[name=note]').fill('Please look at the second half.');
	await dialog.locator('button:not([type])').click();
	await dialog.waitFor({ state: 'detached' });
	await page.waitForFunction(() => document.getElementById('status').textContent !== '');
	const { data } = await forum.api('GET', '/api/v1/review?state=flagged', undefined, first.token);
	assert.equal(data.items[0].comment.id, comment.id);

	await page.fill('#compose-body', 'And one of my own.');
	await page.fill('#compose-name', 'Paula Plain');
	await page.click('#compose button:not([name])');
	const own = page.locator('article.mine');
	await own.locator('a[data-act=public]').click();
	await page.waitForFunction(() => document.getElementById('status').textContent.trim() !== '');
	await own.locator('a[data-act=receipt]').click();
	await page.waitForURL('**/receipt');
	await page.locator('.receipt button').click();
	await page.waitForSelector('[data-verdict=sound]');
	assert.deepEqual(page.faults, []);
});

for (const javaScriptEnabled of [true, false]) {
	test(`an account opened, left and entered again, scripts ${javaScriptEnabled ? 'on' : 'off'}`, async () => {
		const page = await open({ javaScriptEnabled });
		const name = javaScriptEnabled ? 'Nora New' : 'Nils New';
		await page.goto(`${forum.url}/sign-up`);
		await page.fill('[name=name]', name);
		await page.fill('[name=password]', 'a long sentence as a password');
		await Promise.all([page.waitForNavigation(), page.click('main form button')]);
		await page.goto(`${forum.url}/me`);
		assert.match(await page.textContent('header.site'), new RegExp(name));
		await Promise.all([page.waitForNavigation(), page.click('form[action="/sign-out"] button')]);
		assert.equal((await page.goto(`${forum.url}/me`)).status(), 401);
		await signIn(page, forum, { name, password: 'a long sentence as a password' });
		assert.equal((await page.goto(`${forum.url}/me`)).status(), 200);
		assert.deepEqual(page.faults, []);
	});
}
