// Moderators and editors at work: a wave decided in one go, the next items
// there before they are asked for, a decision taken back, who holds an item;
// the same by plain forms. And the desk: every chart with its table and its
// figures as files, two discussions compared.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, Forum, openPage, signIn } from './lib.js';

const REASON = 'The same advertisement as in a dozen other discussions, with no word about the article.';
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

async function staff(who, path, options = {}) {
	const page = await openPage(await chrome.newContext(options));
	await signIn(page, forum, who);
	await page.goto(forum.url + path);
	if (options.javaScriptEnabled !== false) await page.waitForSelector('html[data-ready=review]');
	return page;
}

async function wave(slug, n) {
	await forum.thread(editor.token, slug, 'all_held');
	const ids = [];
	for (let i = 0; i < n; i++) ids.push((await forum.post(slug, `Waits for a person, number ${i}.`, undefined, { name: 'Guest Somebody' })).comment.id);
	return ids;
}

const stateOf = async (id) => (await forum.api('GET', `/api/v1/comments/${id}`, undefined, editor.token)).data.state;
async function until(id, state) {
	while (await stateOf(id) !== state);
}

test('a wave is one decision, and what follows is there already', async () => {
	const ids = await wave('wave', 31);
	const page = await staff(first, '/review?state=held');
	assert.equal(await page.locator('.item').count(), 25);
	const events = [];
	await page.exposeFunction('keyPressed', (k) => events.push(k));
	await page.evaluate(() => addEventListener('keydown', (ev) => { if (ev.key !== 'Control') window.keyPressed(ev.key); }, true));
	for (let i = 0; i < 21; i++) {
		await page.keyboard.press('x');
		if (i < 20) await page.keyboard.press('j');
	}
	assert.match(await page.textContent('.bar-batch'), /21 comments/);
	const chosen = await page.$$eval('.item:has(input.pick:checked)', (l) => l.map((i) => i.dataset.id));
	const keys = events.length;
	await page.keyboard.press('4');
	await page.keyboard.press('Control+A');
	await page.keyboard.insertText(REASON);
	await page.keyboard.press('Control+Enter');
	await page.waitForFunction(() => document.querySelectorAll('.item:not(.decided)').length === 10);
	assert.ok(events.length - keys <= 3, 'a digit and Enter for all of them');
	assert.match(await page.textContent('[data-summary]'), /21 removed/);
	await page.evaluate(() => dispatchEvent(new Event('pagehide')));
	for (const id of chosen) await until(id, 'removed');
	for (const id of ids) assert.equal(await stateOf(id), chosen.includes(id) ? 'removed' : 'held');
	assert.deepEqual(page.faults, []);
});

test('a decision is taken back before it is sent', async () => {
	const [id] = await wave('undo', 1);
	const page = await staff(first, '/review?state=held');
	while (await page.locator('.item.current').getAttribute('data-id') !== id) await page.keyboard.press('j');
	await page.keyboard.press('a');
	await page.waitForSelector('#status button');
	assert.match(await page.textContent('[data-summary]'), /1 approved/);
	await page.keyboard.press('u');
	await page.waitForSelector(`.item.current[data-id="${id}"]:not(.decided)`);
	assert.match(await page.textContent('[data-summary]'), /0 approved/);
	await page.reload();
	await page.waitForSelector('html[data-ready=review]');
	assert.equal(await stateOf(id), 'held');
	await page.locator(`.item[data-id="${id}"] button[value=approve]`).click();
	await page.reload();
	await until(id, 'visible');
	assert.deepEqual(page.faults, []);
});

test('an item that somebody holds says so, with scripts and without', async () => {
	const [id] = await wave('claims', 1);
	const hers = await staff(second, `/review/${id}`);
	await hers.waitForSelector(`.item.current[data-id="${id}"]`);
	while ((await forum.api('GET', '/api/v1/review?state=held', undefined, first.token)).data.items
		.find((i) => i.comment.id === id).claimed_until === null);
	const his = await staff(first, `/review/${id}`);
	assert.match(await his.textContent('.item .mode'), /is at work on this/);
	const plain = await staff(first, `/review/${id}`, { javaScriptEnabled: false });
	assert.match(await plain.textContent('.item .mode'), /is at work on this until .*20\d\d/s);
	await plain.click('form[action$="/claim"] button');
	assert.notEqual((await plain.textContent('#alert')).trim(), '', 'refused, and said');
	assert.deepEqual([...hers.faults, ...his.faults], []);
});

test('taking an item and a rule’s words by plain forms', async () => {
	const [id] = await wave('words', 1);
	const page = await staff(first, '/review?state=held', { javaScriptEnabled: false });
	await page.locator(`.item[data-id="${id}"] a`, { hasText: 'Open this one' }).click();
	await page.click('form[action$="/claim"] button');
	assert.match(await page.textContent('.item .mode'), /You are at work on this/);
	await page.selectOption('#words', 'spam');
	await page.click('form.words button');
	assert.ok(await page.locator('[name=clause][value=spam]').isChecked());
	const words = await page.inputValue('[name=explanation]');
	assert.match(words, /advertises \{what\}/);
	await page.fill('[name=explanation]', words.replace('{what}', 'watches sold elsewhere'));
	await page.click('button[value=remove]');
	await until(id, 'removed');
	assert.match(await page.textContent('main'), /Decided/);
	await page.click('#undo button');
	await until(id, 'held');
});

test('the desk: each chart has its table, and the same figures as files', async () => {
	await forum.thread(editor.token, 'one');
	await forum.thread(editor.token, 'two');
	for (let i = 0; i < 3; i++) await forum.post('one', `Said in the first, ${i}.`, editor.token);
	await forum.post('two', 'Said in the second.', editor.token);
	const page = await openPage(await chrome.newContext());
	await signIn(page, forum, editor);
	await page.goto(`${forum.url}/desk?thread=one&compare=two&bucket=day`);
	await page.waitForSelector('html[data-ready=desk]');
	const compared = page.locator('#compare');
	assert.deepEqual(await compared.locator('thead th').allTextContents(), ['From', 'About one', 'About two']);
	assert.deepEqual(await compared.locator('tbody tr').last().locator('td').allTextContents(), ['3', '1']);
	const figures = await page.$$eval('figure', (l) => l.map((f) => ({ id: f.id, chart: f.dataset.chart, svg: Boolean(f.querySelector('svg.chart')),
		rows: f.querySelectorAll('tbody tr').length, links: [...f.querySelectorAll('.downloads a')].map((a) => a.href) })));
	assert.ok(figures.length >= 8, figures.map((f) => f.id).join());
	for (const f of figures) {
		assert.ok(!f.chart || f.svg || f.rows === 0, `${f.id} is drawn`);
		assert.equal(f.links.length, 2, f.id);
		const [csv, json] = await Promise.all(f.links.map((u) => page.request.get(u)));
		assert.equal(csv.status(), 200, f.id);
		assert.match(csv.headers()['content-type'], /text\/csv/);
		assert.match(await csv.text(), /^[\w"]+,/);
		assert.equal(json.status(), 200, f.id);
		assert.equal(typeof await json.json(), 'object');
	}
	await page.locator('#volume summary').click();
	assert.ok(await page.locator('#volume table').isVisible());
	const request = page.waitForRequest(/bucket=month/);
	await page.selectOption('[name=bucket]', 'month');
	await request;
	await page.waitForSelector('html[data-ready=desk]');
	assert.equal(await page.inputValue('[name=thread]'), 'one');
	assert.deepEqual(page.faults, []);
});

test('the translators’ screen names what is missing', async () => {
	const page = await openPage(await chrome.newContext());
	await signIn(page, forum, editor);
	await page.goto(`${forum.url}/`);
	await page.click('footer a[href="/translations"]');
	assert.equal(await page.locator('main h2').count(), 4);
	assert.match(await page.textContent('main'), /texts? (is|are) missing|Nothing is missing/);
});

for (const javaScriptEnabled of [true, false]) {
	test(`a notice and a mode, with the reason beside its field, scripts ${javaScriptEnabled ? 'on' : 'off'}`, async () => {
		const slug = `mode-${javaScriptEnabled}`;
		await forum.thread(editor.token, slug);
		const page = await openPage(await chrome.newContext({ javaScriptEnabled }));
		await signIn(page, forum, first);
		await page.goto(`${forum.url}/t/${slug}`);
		await page.click(`a[href="/t/${slug}/mode"]`);
		await page.locator('main form').evaluate((f) => { f.noValidate = true; });
		await page.check('[name=mode][value=all_held]');
		await page.fill('[name=notice]', 'A court sits on this case: no names.');
		await page.click('main form button');
		assert.ok((await page.textContent('#mode-explanation-error')).trim().length > 5);
		assert.equal(await page.inputValue('[name=notice]'), 'A court sits on this case: no names.');
		await page.fill('[name=explanation]', 'A reporting restriction is in force since this morning.');
		await Promise.all([page.waitForURL(`**/t/${slug}`), page.click('main form button')]);
		const reader = await openPage(await chrome.newContext());
		await reader.goto(`${forum.url}/t/${slug}`);
		assert.equal((await reader.textContent('.notice')).trim(), 'A court sits on this case: no names.');
		assert.match(await reader.textContent('.mode'), /Every comment is read/);
		assert.equal(await reader.locator(`a[href="/t/${slug}/mode"]`).count(), 0);
		const { data } = await forum.api('GET', `/api/v1/log?thread=${slug}&kind=thread.mode`);
		assert.equal(data.entries.length, 1);
	});
}
