// The receipt's check in the browser against logs made here with Node's own
// crypto: every index of trees of 1 to 9 leaves is sound, and every change
// to a proof is found.

import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { after, before, test } from 'node:test';
import { browser, Forum, openPage } from './lib.js';

const origin = 'forum.example/ledger';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const raw = Buffer.concat([Buffer.from([1]), publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)]);
const sha = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const keyId = sha(Buffer.from(`${origin}\n`), raw).subarray(0, 4);
const vkey = `${origin}+${keyId.toString('hex')}+${raw.toString('base64')}`;
const leafHash = (l) => sha(Buffer.from([0]), l);
const nodeHash = (l, r) => sha(Buffer.from([1]), l, r);

function split(n) {
	let k = 1;
	while (k * 2 < n) k *= 2;
	return k;
}
function rootOf(leaves) {
	if (leaves.length === 1) return leafHash(leaves[0]);
	const k = split(leaves.length);
	return nodeHash(rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}
function pathOf(leaves, i) {
	if (leaves.length === 1) return [];
	const k = split(leaves.length);
	return i < k ? [...pathOf(leaves.slice(0, k), i), rootOf(leaves.slice(k))]
		: [...pathOf(leaves.slice(k), i - k), rootOf(leaves.slice(0, k))];
}
function receipt(n, i) {
	const leaves = Array.from({ length: n }, (_, x) => Buffer.from(`leaf ${x}`));
	const text = `${origin}\n${n}\n${rootOf(leaves).toString('base64')}\n`;
	const sig = Buffer.concat([keyId, sign(null, Buffer.from(text), privateKey)]).toString('base64');
	const proof = ['c2sp.org/tlog-proof@v1', `index ${i}`, ...pathOf(leaves, i).map((h) => h.toString('base64')),
		'', `${text}\n\u2014 ${origin} ${sig}\n`].join('\n');
	return { leaf: leaves[i].toString('base64'), proof, vkey };
}

let forum, chrome, page;
before(async () => {
	forum = await Forum.start();
	chrome = await browser();
	page = await openPage(await chrome.newContext());
	await page.goto(forum.url);
});
after(async () => {
	await chrome?.close();
	await forum?.stop();
});

const check = (r) => page.evaluate(async (x) => {
	const { checkReceipt } = await import(`${document.documentElement.dataset.assets}/receipt.js`);
	try {
		return (await checkReceipt(x)).signed;
	} catch (e) { return e.message; }
}, r);

test('every index of small trees is sound', async () => {
	for (let n = 1; n <= 9; n++) {
		for (let i = 0; i < n; i++) assert.ok([true, null].includes(await check(receipt(n, i))), `${i} of ${n}`);
	}
});

test('every change is found', async () => {
	const good = receipt(7, 4);
	const lines = good.proof.split('\n');
	const bad = [
		{ ...good, leaf: Buffer.from('leaf 5').toString('base64') },
		{ ...good, proof: good.proof.replace('index 4', 'index 3') },
		{ ...good, proof: good.proof.replace('index 4', 'index 04') },
		{ ...good, proof: good.proof.replace('index 4', 'index 7') },
		{ ...good, proof: lines.toSpliced(2, 1).join('\n') },
		{ ...good, proof: lines.toSpliced(2, 0, lines[2]).join('\n') },
		{ ...good, proof: good.proof.replace('\n7\n', '\n8\n') },
		{ ...good, vkey: vkey.replace('forum', 'other') },
	];
	for (const b of bad) assert.equal(typeof await check(b), 'string', JSON.stringify(b).slice(0, 90));
	if (await check(good) === true) {
		const other = receipt(7, 4).proof.replace(/\S+\n$/, (s) => `${Buffer.concat([keyId, Buffer.alloc(64)]).toString('base64')}\n`);
		assert.equal(typeof await check({ ...good, proof: other }), 'string');
	}
});
