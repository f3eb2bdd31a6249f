// One's own pages: signing in by form with its error, what became of one's
// comments, notices, the account's forms, a statement with its appeal, the
// link for others, and a guest's keep-link up to erasure. Each page is put
// before axe and measured.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, browser, Forum, layout, openPage, signIn } from './lib.js';

const REASON = 'The post makes an accusation against a living person that the article does not support.';
let forum, chrome, moderator, rita, removed;

before(async () => {
	forum = await Forum.start();
	chrome = await browser();
	const editor = forum.user('erin', 'editor');
	moderator = forum.user('morris', 'moderator');
	rita = forum.user('rita');
	await forum.thread(editor.token, 'me');
	const kept = await forum.post('me', 'A first comment, about the harbour.', rita.token);
	await forum.post('me', 'A reply to it.', editor.token, { parent: kept.comment.id });
	const { comment } = await forum.post('me', 'A second one, to be removed.', rita.token);
	removed = comment.id;
	await forum.decide(removed, { action: 'remove', clause: await forum.clause(), explanation: REASON,
		version: comment.version }, moderator.token);
});
after(async () => {
	await chrome?.close();
	await forum?.stop();
});

async function sound(page, what) {
	assert.deepEqual(await axe(page), [], what);
	assert.deepEqual(await layout(page), [], what);
	assert.deepEqual(page.faults, [], what);
}

async function send(page, action) {
	await Promise.all([page.waitForNavigation(), page.click(`form[action="${action}"] button`)]);
}

async function small() {
	return openPage(await chrome.newContext({ viewport: { width: 360, height: 740 }, locale: 'en' }));
}

test('a wrong password stands beside its field and the name is kept', async () => {
	const page = await small();
	for (const path of ['/sign-in', '/sign-up', '/keep']) {
		await page.goto(forum.url + path);
		await sound(page, path);
	}
	await signIn(page, forum, { ...rita, password: 'not the password' });
	assert.equal(await page.inputValue('[name=name]'), 'rita');
	assert.ok(await page.locator('[name=password][aria-invalid=true]').count());
	await sound(page, 'refused');
});

test('one reads what became of one’s comments and appeals from the statement', async () => {
	const page = await small();
	await signIn(page, forum, rita);
	for (const tab of ['comments', 'notices', 'sanctions', 'account']) {
		await page.goto(`${forum.url}/me?tab=${tab}`);
		await sound(page, tab);
	}
	await page.goto(`${forum.url}/me?tab=notices`);
	assert.match(await page.textContent('main'), new RegExp(REASON));
	await send(page, '/me/notices/read');
	assert.equal(await page.locator('.unread').count(), 0);
	await page.goto(`${forum.url}/c/${removed}/statement`);
	assert.match(await page.textContent('main'), new RegExp(REASON));
	await sound(page, 'statement');
	await page.fill('[name=grounds]', 'The article says the same.');
	await send(page, `/c/${removed}/appeal`);
	const { data } = await forum.api('GET', `/api/v1/comments/${removed}`);
	assert.equal(data.tombstone.appeal, 'open');
});

test('what is made is shown once', async () => {
	const page = await small();
	await signIn(page, forum, rita);
	await page.goto(`${forum.url}/me?tab=account`);
	await send(page, '/me/tokens');
	assert.match(await page.textContent('.receipt'), /[0-9a-z]{32}/);
	await sound(page, 'a token');
	await send(page, '/me/account-link');
	const link = (await page.textContent('.receipt a')).trim();
	await page.goto(forum.url + link);
	assert.doesNotMatch(await page.textContent('main'), /harbour|rita/);
	await sound(page, 'the link');
	await page.goto(`${forum.url}/me?tab=account`);
	assert.equal(await page.locator('.receipt').count(), 0);
});

test('a guest’s keep-link opens without the key in an address, up to erasure', async () => {
	const key = (await forum.post('me', 'A guest wrote this line.', undefined, { name: 'Gus Guest' })).author_key;
	const page = await small();
	const seen = [];
	page.on('request', (r) => seen.push(r.url()));
	await page.goto(`${forum.url}/keep#key=${key}`);
	await page.waitForSelector('input[type=hidden][name=key]', { state: 'attached' });
	await send(page, '/keep');
	assert.match(page.url(), /\/me$/);
	assert.match(await page.textContent('main'), /A guest wrote this line/);
	assert.ok(seen.every((u) => !u.includes(key)), 'the key is in no address that is asked for');
	await page.goto(`${forum.url}/me?tab=account`);
	await sound(page, 'a guest’s account');
	await page.check('[name=confirm]');
	await send(page, '/me/erase');
	await sound(page, 'erased');
	await page.goto(`${forum.url}/t/me`);
	assert.doesNotMatch(await page.textContent('main'), /Gus Guest|A guest wrote/);
});
