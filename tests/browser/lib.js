// The harness of the browser tests: a daemon of its own for each test file,
// Debian's Chromium, and the assertions that every page must meet. Builds
// are found in $FORUMD_BUILD (default: ../../build). A test asks for what it
// needs through the API and looks at it through the browser.

import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const here = dirname(fileURLToPath(import.meta.url));
export const build = process.env.FORUMD_BUILD ?? join(here, '../../build');
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
	'--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Starts Chromium; the caller closes it. */
export function browser(...more) {
	return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		headless: true, args: [...flags, ...more] });
}

/** A running daemon on a data directory of its own. */
export class Forum {
	static async start(...settings) {
		const f = new Forum();
		f.seeds = join(here, '../../seeds');
		f.data = mkdtempSync(join(tmpdir(), 'forumd-browser-'));
		f.process = spawn(join(build, 'forumd'), ['--data', f.data, '--listen', '127.0.0.1:0',
			'--set', 'limits=off', '--set', 'staff_code=off', '--set', `model=${join(here, '../../conf/abuse.model')}`,
			...settings.flatMap((s) => ['--set', s])],
			{ stdio: ['ignore', 'pipe', 'inherit'] });
		f.url = await new Promise((resolve, reject) => {
			let out = '';
			f.process.stdout.on('data', (d) => {
				out += d;
				const m = /^forumd: ready on (http:\S+)$/m.exec(out);
				if (m) resolve(m[1]);
			});
			f.process.once('error', reject);
			f.process.once('exit', (c) => reject(new Error(`forumd ended with ${c}: ${out}`)));
		});
		return f;
	}

	ctl(args, input) {
		return execFileSync(join(build, 'forumctl'), ['--data', this.data, ...args],
			{ input, encoding: 'utf8' });
	}

	/** Adds an account; answers {name, password, token}. */
	user(name, role = 'reader') {
		const password = randomBytes(18).toString('base64url');
		this.ctl(['user', 'add', name, '--role', role, '--password-stdin'], `${password}\n`);
		const token = this.ctl(['token', name]).trim().split(/\s+/).pop();
		return { name, password, token };
	}

	/** A clause that a person may remove under, from the house rules. */
	async clause() {
		const { data } = await this.api('GET', '/api/v1/policy');
		const c = data.clauses.find((x) => !x.quarantine) ?? data.clauses[0];
		return c.clause ?? c.id;
	}

	async api(method, path, body, token) {
		const headers = { Accept: 'application/json' };
		if (body !== undefined) headers['Content-Type'] = 'application/json';
		if (token) headers.Authorization = `Bearer ${token}`;
		const r = await fetch(this.url + path, { method, headers,
			body: body === undefined ? undefined : JSON.stringify(body) });
		return { status: r.status, data: await r.json().catch(() => null) };
	}

	async thread(editor, slug, mode = 'open') {
		const a = await this.api('POST', '/api/v1/threads', { slug, title: `About ${slug}`,
			url: `https://gazette.example/${slug}`, site: 'gazette.example', mode }, editor);
		assert.equal(a.status, 201, JSON.stringify(a.data));
	}

	async post(slug, body, token, more = {}) {
		const a = await this.api('POST', `/api/v1/threads/${slug}/comments`,
			{ body, language: 'en', ...more }, token);
		assert.ok([201, 202].includes(a.status), JSON.stringify(a.data));
		return a.data;
	}

	/** A decision about the comment as it stands. */
	async decide(id, decision, token) {
		const { data } = await this.api('GET', `/api/v1/comments/${id}`, undefined, token);
		decision.expected_version ??= data.version;
		const a = await this.api('POST', `/api/v1/review/${id}/decision`, decision, token);
		assert.equal(a.status, 200, JSON.stringify(a.data));
		return a.data;
	}

	async stop() {
		const ended = this.process.exitCode !== null ? null
			: new Promise((resolve) => this.process.once('exit', resolve));
		this.process.kill('SIGTERM');
		await ended;
		rmSync(this.data, { recursive: true, force: true });
	}
}

/** A page that remembers script errors and broken content policies. */
export async function openPage(context) {
	const page = await context.newPage();
	page.faults = [];
	page.on('pageerror', (e) => page.faults.push(String(e)));
	page.on('console', (m) => {
		if (/Content Security Policy|TrustedHTML/i.test(m.text())) page.faults.push(m.text());
	});
	return page;
}

/** Signs a context in through the form. */
export async function signIn(page, forum, { name, password }) {
	await page.goto(`${forum.url}/sign-in`);
	await page.fill('[name=name]', name);
	await page.fill('[name=password]', password);
	await Promise.all([page.waitForNavigation(), page.click('main form button')]);
}

/** axe-core over the page as it stands; rules: these alone. */
export async function axe(page, rules) {
	const session = await page.context().newCDPSession(page);
	await session.send('Page.setBypassCSP', { enabled: true });
	const only = rules ? { type: 'rule', values: rules }
		: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
	const result = await page.evaluate(`window.axe ?? (() => { ${axeSource} })(); axe.run(document, { runOnly: ${JSON.stringify(only)} })
		.then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).join(' | ')))`);
	await session.detach();
	return result;
}

/** What axe cannot see: reflow, target size, focus shown and not covered. */
export async function layout(page) {
	return page.evaluate(() => {
		const bad = [];
		if (document.documentElement.scrollWidth > innerWidth) bad.push(`page scrolls sideways: ${document.documentElement.scrollWidth} > ${innerWidth}`);
		for (const e of document.querySelectorAll('button, select, input:not([type=hidden]), summary, nav a, footer a, .comment > header a')) {
			const r = (e.closest('label.choice') ?? e).getBoundingClientRect();
			if (r.width && (r.width < 24 || r.height < 24)) bad.push(`small target: ${e.outerHTML.slice(0, 80)} ${r.width}x${r.height}`);
		}
		return bad;
	});
}
