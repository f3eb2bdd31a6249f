// Checks a receipt in the browser: the leaf's hash leads by the inclusion
// proof to the root of a checkpoint that the log has signed. SHA-256 and
// Ed25519 are the browser's own; one without Ed25519 says so.

import { el, t, localTimes } from './page.js';

const bytes = (b64) => Uint8Array.from(atob(b64), (c) => c.charCodeAt(0));
const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);

function join(...parts) {
	const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
	parts.reduce((at, p) => (out.set(p, at), at + p.length), 0);
	return out;
}

async function sha256(...parts) {
	return new Uint8Array(await crypto.subtle.digest('SHA-256', join(...parts)));
}

const leafHash = (leaf) => sha256([0], leaf);
const nodeHash = (l, r) => sha256([1], l, r);

/** RFC 9162, 2.1.3.2. Numbers as BigInt: a log may outgrow 2^53. */
async function rootFromProof(index, size, leaf, path) {
	if (index >= size) throw new Error('index beyond the tree');
	let fn = index, sn = size - 1n, hash = await leafHash(leaf);
	for (const p of path) {
		if (sn === 0n) throw new Error('proof too long');
		if (fn & 1n || fn === sn) {
			hash = await nodeHash(p, hash);
			while (!(fn & 1n) && fn !== 0n) { fn >>= 1n; sn >>= 1n; }
		} else {
			hash = await nodeHash(hash, p);
		}
		fn >>= 1n; sn >>= 1n;
	}
	if (sn !== 0n) throw new Error('proof too short');
	return hash;
}

function decimal(s) {
	if (!/^(0|[1-9][0-9]{0,18})$/.test(s)) throw new Error('not a number');
	return BigInt(s);
}

/** The parts of a c2sp.org/tlog-proof@v1 text. */
export function parseProof(text) {
	const cut = text.indexOf('\n\n');
	if (cut < 0) throw new Error('no checkpoint');
	const head = text.slice(0, cut).split('\n');
	if (head.shift() !== 'c2sp.org/tlog-proof@v1') throw new Error('not a tlog-proof');
	if (head[0]?.startsWith('extra ')) head.shift();
	const index = /^index (.*)$/.exec(head.shift() ?? '');
	if (!index) throw new Error('no index');
	const path = head.map(bytes);
	if (path.some((h) => h.length !== 32)) throw new Error('a hash is not 32 bytes');
	const note = text.slice(cut + 2);
	const end = note.lastIndexOf('\n\n');
	if (end < 0) throw new Error('checkpoint without signature');
	const signed = note.slice(0, end + 1);
	const [origin, size, root] = signed.split('\n');
	const signatures = note.slice(end + 2).split('\n').filter(Boolean).map((line) => {
		const m = /^\u2014 (\S+) (\S+)$/.exec(line);
		if (!m) throw new Error('a signature line is malformed');
		return { name: m[1], value: bytes(m[2]) };
	});
	return { index: decimal(index[1]), path, signed, origin,
		size: decimal(size), root: bytes(root), signatures };
}

/** true or false; null where the browser knows no Ed25519. */
async function signatureHolds(proof, vkey) {
	const m = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey.trim());
	if (!m) throw new Error('the log’s key is malformed');
	const key = bytes(m[3]);
	const id = bytes(btoa(String.fromCharCode(...m[2].match(/../g).map((x) => parseInt(x, 16)))));
	if (key[0] !== 1 || m[1] !== proof.origin) throw new Error('the key is of another log');
	const text = new TextEncoder().encode(proof.signed);
	const sig = proof.signatures.find((s) => s.name === m[1] && same(s.value.slice(0, 4), id));
	if (!sig) return false;
	let pub;
	try {
		pub = await crypto.subtle.importKey('raw', key.slice(1), 'Ed25519', false, ['verify']);
	} catch { return null; }
	return crypto.subtle.verify('Ed25519', pub, sig.value.slice(4), text);
}

/** {ok, signed (true, or null where unknown), index, size}; throws with
 *  what is wrong. leaf: base64; proof: text; vkey: text. */
export async function checkReceipt({ leaf, proof, vkey }) {
	const p = parseProof(proof);
	const root = await rootFromProof(p.index, p.size, bytes(leaf), p.path);
	if (!same(root, p.root)) throw new Error('the proof leads to another root');
	const signed = await signatureHolds(p, vkey);
	if (signed === false) throw new Error('the signature is not the log’s');
	return { ok: true, signed, index: p.index, size: p.size };
}

export async function fetchKey() {
	const r = await fetch('/ledger/vkey', { credentials: 'omit' });
	if (!r.ok) throw new Error('the log’s key cannot be fetched');
	return (await r.text()).split('\n')[0];
}

/** The sentence that tells the outcome. */
export async function receiptVerdict(receipt) {
	try {
		const vkey = receipt.vkey || await fetchKey();
		const { signed } = await checkReceipt({ ...receipt, vkey });
		return { ok: true, text: t(signed ? 'receipt.good' : 'receipt.unsigned') };
	} catch (e) {
		return { ok: false, text: `${t('receipt.bad')} ${e.message}` };
	}
}

/** Gives the server's receipt card its check button. */
export function receiptCard(card) {
	const button = el('button', { type: 'button', className: 'quiet' }, t('receipt.check'));
	button.addEventListener('click', async () => {
		const v = await receiptVerdict({ leaf: card.dataset.leaf,
			vkey: card.dataset.vkey, proof: card.querySelector('pre').textContent });
		card.querySelector('[data-result]').textContent = v.text;
		card.dataset.verdict = v.ok ? 'sound' : 'bad';
	});
	card.querySelector('.buttons').append(button);
	localTimes(card);
}
