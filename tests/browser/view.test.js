// The reader's own view of a discussion: a commenter hidden, a text read
// aloud, runs of tombstones in one line, questions and their answers, texts
// in their own languages, one's comment as others see it, errors that are
// heard, and what is left of a page on paper.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, Forum, openPage, signIn } from './lib.js';

const REASON = 'The post makes an accusation against a living person that the article does not support.';
let forum, chrome, editor, moderator, rita, sam;

before(async () => {
	forum = await Forum.start();
	chrome = await browser();
	editor = forum.user('edith', 'editor');
	moderator = forum.user('morris', 'moderator');
	[rita, sam] = ['rita', 'sam'].map((n) => forum.user(n));
});
after(async () => {
	await chrome?.close();
	await forum?.stop();
});

async function open(slug, prepare) {
	const page = await openPage(await chrome.newContext({ locale: 'en' }));
	await prepare?.(page);
	await page.goto(`${forum.url}/t/${slug}`);
	await page.waitForSelector('html[data-ready=thread]');
	return page;
}

test('a commenter is hidden in this browser alone, over a reload, and shown again', async () => {
	await forum.thread(editor.token, 'hide');
	const { comment } = await forum.post('hide', 'The first line by Rita.', rita.token);
	await forum.post('hide', 'Sam says something else.', sam.token);
	await forum.post('hide', 'The second line by Rita.', rita.token);
	const page = await open('hide');
	await page.locator(`#c-${comment.id}`).getByRole('button', { name: 'Hide this commenter' }).click();
	for (let n = 0; n < 2; n++) {
		assert.deepEqual(await page.$$eval('article.comment .body', (l) => l.map((b) => b.checkVisibility())), [false, true, false]);
		assert.equal(await page.locator('.hidden-note').count(), 2);
		assert.match(await page.locator('.hidden-note').first().textContent(), /rita/);
		await page.reload();
		await page.waitForSelector('.hidden-note');
	}
	const other = await open('hide');
	assert.equal(await other.locator('.hidden-note').count(), 0);
	await page.locator('.hidden-note button').first().click();
	assert.equal(await page.locator('.hidden-note').count(), 0);
	assert.ok(await page.locator('article.comment .body').first().isVisible());
	assert.deepEqual(page.faults, []);
});

test('a comment is read aloud in its own language, and stopped', async () => {
	await forum.thread(editor.token, 'aloud');
	const { comment } = await forum.post('aloud', 'Sunt mediatoare și traduc scrisori.', rita.token, { language: 'ro' });
	await forum.post('aloud', 'A line in English.', sam.token);
	const page = await open('aloud', (p) => p.addInitScript(() => {
		window.spoken = [];
		window.SpeechSynthesisUtterance = function utterance(text) { this.text = text; };
		Object.defineProperty(window, 'speechSynthesis', { value: {
			speak(u) { window.spoken.push(u); },
			cancel() { const last = window.spoken.at(-1); window.spoken.push('cancel'); last?.onerror?.(); } } });
	}));
	const article = page.locator(`#c-${comment.id}`);
	assert.equal(await article.locator('.body').getAttribute('lang'), 'ro');
	const button = article.getByRole('button', { name: 'Read aloud' });
	await button.click();
	assert.deepEqual(await page.evaluate(() => window.spoken.filter((u) => u.text).map((u) => [u.lang, u.text.trim()])),
		[['ro', 'rita. Sunt mediatoare și traduc scrisori.']]);
	const stop = article.getByRole('button', { name: /stop/i });
	await page.evaluate(() => window.spoken.at(-1).onend());
	await button.waitFor();
	await button.click();
	await stop.click();
	assert.equal(await page.evaluate(() => window.spoken.at(-1)), 'cancel');
	await button.waitFor();
	assert.deepEqual(page.faults, []);
});

test('a run of what is gone is one line with counts, and a link opens it', async () => {
	await forum.thread(editor.token, 'gone');
	await forum.post('gone', 'What stays.', rita.token);
	const ids = [];
	for (let i = 0; i < 4; i++) ids.push((await forum.post('gone', `What goes, number ${i}.`, sam.token)).comment.id);
	await forum.post('gone', 'What stays too.', rita.token);
	for (const id of ids.slice(0, 3)) await forum.decide(id, { action: 'remove', clause: 'libel', explanation: REASON }, moderator.token);
	assert.equal((await forum.api('DELETE', `/api/v1/comments/${ids[3]}`, undefined, sam.token)).status, 200);
	const page = await open('gone');
	const fold = page.locator('details.fold');
	assert.equal(await fold.count(), 1);
	const line = await fold.locator('> summary').textContent();
	assert.match(line, /4/);
	assert.match(line, /Unproved accusation 3/);
	assert.equal(await page.locator(`#c-${ids[1]}`).isVisible(), false);
	await page.goto(`${forum.url}/t/gone#c-${ids[1]}`);
	await page.reload();
	await page.waitForSelector('html[data-ready=thread]');
	assert.ok(await page.locator(`#c-${ids[1]}`).isVisible());
	assert.match(await page.textContent(`#c-${ids[1]}`), new RegExp(REASON));
	assert.match(await page.textContent('.account'), /6 posted.*2 shown.*3 removed: Unproved accusation.*1 withdrawn/s);
	assert.deepEqual(page.faults, []);
});

test('a question waits in the list until an official answers', async () => {
	await forum.thread(editor.token, 'ask');
	forum.ctl(['user', 'add', 'Council', '--role', 'reader', '--official', 'City council', '--password-stdin'], 'a long sentence for it\n');
	const council = forum.ctl(['token', 'Council']).trim().split(/\s+/).pop();
	const page = await open('ask');
	await page.fill('#compose-body', 'Was an interpreter in the room?');
	await page.fill('#compose-name', 'Paula Plain');
	await page.check('#compose-question');
	await page.click('#compose button:not([name])');
	const own = page.locator('article.mine');
	await own.waitFor();
	await page.waitForSelector('[data-receipt=sound]');
	assert.match(await page.textContent('#status'), /others see it/);
	const id = await own.getAttribute('data-id');
	await page.reload();
	const item = page.locator('.questions li');
	assert.match(await item.textContent(), /interpreter in the room\?.*wait/s);
	await forum.post('ask', 'Yes, at each of the three meetings.', council, { parent: id, answers: id });
	await page.reload();
	assert.match(await item.textContent(), /answered after/);
	const answer = page.locator('article.comment', { hasText: 'at each of the three' });
	assert.match(await answer.locator('header').textContent(), /City council/);
	await own.locator('a[data-act=public]').click();
	await page.waitForFunction(() => document.getElementById('status').textContent.trim() !== '');
	assert.deepEqual(page.faults, []);
});

test('an error is heard, stands beside its field and names it', async () => {
	await forum.thread(editor.token, 'errors');
	const page = await open('errors');
	await page.fill('#compose-name', 'Paula Plain');
	await page.click('#compose button:not([name])');
	await page.waitForSelector('#compose-body[aria-invalid=true]');
	const told = await page.evaluate(() => {
		const area = document.getElementById('compose-body');
		const beside = area.getAttribute('aria-describedby').split(' ').map((i) => document.getElementById(i));
		return { live: document.getElementById('alert').getAttribute('role'), heard: document.getElementById('alert').textContent,
			beside: beside.map((e) => e?.textContent ?? null), focus: document.activeElement === area };
	});
	assert.equal(told.live, 'alert');
	assert.ok(told.heard.trim().length > 5 && told.focus);
	assert.ok(told.beside.includes(told.heard) && !told.beside.includes(null));
	assert.deepEqual(page.faults, []);
});

test('on paper there are the comments and the tables, and no controls', async () => {
	const shown = (page) => page.evaluate(() => Object.fromEntries(['header.site nav', 'form', '.comment > footer', '.languages', '.downloads',
		'.display', '.body', 'figure table'].map((s) => [s, [...document.querySelectorAll(s)].some((e) => e.checkVisibility())])));
	const page = await open('hide');
	await page.emulateMedia({ media: 'print' });
	assert.deepEqual(await shown(page), { 'header.site nav': false, form: false, '.comment > footer': false, '.languages': false,
		'.downloads': false, '.display': false, '.body': true, 'figure table': false });
	await page.emulateMedia({ media: 'screen' });
	await signIn(page, forum, editor);
	await page.goto(`${forum.url}/desk`);
	await page.waitForSelector('html[data-ready=desk]');
	const tables = () => page.$$eval('figure table', (l) => l.map((t) => t.checkVisibility()));
	assert.ok((await tables()).includes(false), 'closed behind its chart');
	await page.emulateMedia({ media: 'print' });
	await page.waitForFunction(() => [...document.querySelectorAll('figure table')].every((t) => t.checkVisibility()));
	const left = await shown(page);
	assert.deepEqual([left['header.site nav'], left.form, left['.downloads']], [false, false, false]);
	await page.emulateMedia({ media: 'screen' });
	await page.waitForFunction(() => [...document.querySelectorAll('figure table')].some((t) => !t.checkVisibility()));
});

test('a language chosen by its link lasts', async () => {
	for (const javaScriptEnabled of [true, false]) {
		const page = await openPage(await chrome.newContext({ locale: 'en', javaScriptEnabled }));
		await page.goto(`${forum.url}/t/hide`);
		await page.click('.languages a[hreflang=cs]');
		assert.equal(await page.getAttribute('html', 'lang'), 'cs');
		await page.goto(`${forum.url}/`);
		assert.equal(await page.getAttribute('html', 'lang'), 'cs');
	}
});

test('who must sign in first comes back to where they were', async () => {
	const page = await openPage(await chrome.newContext());
	assert.equal((await page.goto(`${forum.url}/me?tab=notices`)).status(), 401);
	await page.fill('[name=name]', 'rita');
	await page.fill('[name=password]', rita.password);
	await Promise.all([page.waitForNavigation(), page.click('main form button')]);
	assert.equal(new URL(page.url()).pathname + new URL(page.url()).search, '/me?tab=notices');
});
