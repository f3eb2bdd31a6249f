// Every page in both themes and five languages, at 320 (which is 1280 at 400 %)
// and 1280 pixels: axe-core finds nothing, nothing scrolls sideways, targets
// are large enough, no script fails and the content policy reports nothing.
// Which pages there are is asked of /openapi.json, so that a new one is not
// forgotten. The same pages answer with scripts off.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, browser, Forum, layout, openPage, signIn } from './lib.js';

let forum, chrome, editor, rita, comment, removed, held, sanction, link, flag;

before(async () => {
	forum = await Forum.start();
	chrome = await browser();
	editor = forum.user('edith', 'moderator,editor');
	await forum.thread(editor.token, 'pages');
	({ comment } = await forum.post('pages', 'A first comment, with *emphasis*.', editor.token));
	rita = forum.user('rita');
	const explanation = 'It names a private person without any need to do so.';
	const clause = await forum.clause();
	await forum.post('pages', 'Un rând în română.', rita.token, { language: 'ro', question: true });
	removed = (await forum.post('pages', 'One that goes.', rita.token)).comment;
	await forum.decide(removed.id, { action: 'remove', clause, explanation }, editor.token);
	const { data } = await forum.api('GET', '/api/v1/me', undefined, rita.token);
	const made = await forum.api('POST', `/api/v1/members/${data.id ?? data.account.id}/sanctions`, { kind: 'warn', clause, explanation }, editor.token);
	sanction = made.data.sanction?.id ?? made.data.id;
	link = (await forum.api('POST', '/api/v1/me/account-link', {}, rita.token)).data.link;
	flag = (await forum.api('POST', `/api/v1/comments/${comment.id}/flags`, { clause, note: 'Please look.' }, rita.token)).data.flag;
	await forum.thread(editor.token, 'wait', 'all_held');
	held = (await forum.post('wait', 'One that waits.', undefined, { name: 'Guest Somebody' })).comment;
});
after(async () => {
	await chrome?.close();
	await forum?.stop();
});

const open = () => ['/', '/t/pages', '/t/pages?sort=newest', `/c/${comment.id}`, `/c/${comment.id}/flag`, `/c/${comment.id}/reply`, `/c/${comment.id}/public`,
	`/c/${removed.id}/statement`, '/log', '/log/1', '/policy', '/stats', '/translations', '/sign-in', '/sign-up', '/keep',
	link, '/embed/pages', '/embed/pages/sign-in', '/nowhere'];
const closed = () => ['/t/pages/mode', '/me', '/review?state=all', `/review/${held.id}`, '/desk?thread=pages&compare=wait', '/desk/grave', '/review/tone', `/c/${comment.id}/edit`,
	`/c/${comment.id}/withdraw`, `/c/${comment.id}/receipt`];
const hers = () => ['/me?tab=notices', '/me?tab=account', `/c/${removed.id}/appeal`, `/sanctions/${sanction}/statement`, `/flags/${flag.id}`];
/** Parts that are no pages, what embed.test.js looks at, and two buttons
 *  behind links that only a mail has. */
const apart = /^\/(demo|mail\/\w+\/\{token\}|c\/\{id\}\/fragment|t\/\{slug\}\/account)$/;

test('no page is left out', async () => {
	const { data } = await forum.api('GET', '/openapi.json');
	const pages = Object.keys(data.paths).filter((p) => data.paths[p].get && JSON.stringify(data.paths[p].get).includes('text/html') && !apart.test(p));
	assert.ok(pages.length > 20);
	const looked = [...open(), ...closed(), ...hers()].map((p) => p.replace(/[?#].*/, ''));
	const missed = pages.filter((p) => !looked.some((x) => new RegExp(`^${p.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(x)));
	assert.deepEqual(missed, []);
});

// Themes differ in colours alone: each page is looked at whole in the light
// one, and for its contrast in the dark one.
const runs = [['en', 1280], ['en', 320], ['ro', 320], ['cs', 1280], ['sk', 320], ['pl', 320]];

for (const [lang, width] of runs) {
	test(`every page is accessible: ${lang}, ${width} px`, { timeout: 120000 }, async () => {
		const page = await openPage(await chrome.newContext({ locale: lang, reducedMotion: 'reduce', viewport: { width, height: 900 } }));
		const bad = [];
		const look = async (path) => {
			const r = await page.goto(forum.url + path);
			if (r.status() !== (path === '/nowhere' ? 404 : 200)) bad.push(`${path}: ${r.status()}`);
			if (await page.getAttribute('html', 'lang') !== lang) bad.push(`${path}: not in ${lang}`);
			await page.emulateMedia({ colorScheme: 'light' });
			const light = [...await layout(page), ...await axe(page)];
			await page.emulateMedia({ colorScheme: 'dark' });
			bad.push(...light.map((x) => `${path}: ${x}`), ...(await axe(page, ['color-contrast'])).map((x) => `${path}, dark: ${x}`));
		};
		for (const path of open()) await look(path);
		await signIn(page, forum, editor);
		for (const path of closed()) await look(path);
		await signIn(page, forum, rita);
		for (const path of hers()) await look(path);
		assert.deepEqual([...bad, ...page.faults], []);
		await page.context().close();
	});
}

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
