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

const open = () => ['/', '/t/pages', `/c/${comment.id}`, `/c/${comment.id}/flag`, '/log', '/policy', '/stats', '/sign-in', '/sign-up', '/embed/pages'];
const closed = () => ['/me', '/review', '/review?state=all', '/desk'];

for (const colorScheme of ['light', 'dark']) {
	for (const width of [320, 1280]) {
		test(`pages are accessible, ${colorScheme}, ${width} px`, async () => {
			const context = await chrome.newContext({ colorScheme, reducedMotion: 'reduce', viewport: { width, height: 900 } });
			const page = await openPage(context);
			const bad = [];
			const look = async (path) => {
				const r = await page.goto(forum.url + path);
				if (r.status() !== 200) bad.push(`${path}: ${r.status()}`);
				bad.push(...[...await layout(page), ...await axe(page)].map((x) => `${path}: ${x}`));
			};
			for (const path of open()) await look(path);
			await signIn(page, forum, editor);
			for (const path of closed()) await look(path);
			assert.deepEqual([...bad, ...page.faults], []);
			await context.close();
		});
	}
}

for (const lang of ['en', 'ro', 'cs', 'sk', 'pl']) {
	test(`the thread in ${lang}`, async () => {
		const page = await openPage(await chrome.newContext({ viewport: { width: 320, height: 900 } }));
		await page.goto(`${forum.url}/t/pages?lang=${lang}`);
		assert.equal(await page.getAttribute('html', 'lang'), lang);
		assert.deepEqual([...await layout(page), ...await axe(page), ...page.faults], []);
	});
}

test('pages with scripts off', async () => {
	const page = await openPage(await chrome.newContext({ javaScriptEnabled: false }));
	for (const path of open()) {
		const r = await page.goto(forum.url + path);
		assert.equal(r.status(), 200, path);
		assert.ok(await page.locator('main').count(), path);
	}
	await page.goto(`${forum.url}/t/pages`);
	await page.fill('#compose-body', 'Posted by a plain form.');
	await page.fill('#compose-name', 'Paula Plain');
	await page.click('#compose button:not([name])');
	assert.match(await page.textContent('main'), /Posted by a plain form/);
});
