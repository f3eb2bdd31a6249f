// What a news page loads: <script src="https://FORUM/embed.js" data-thread
// ="SLUG" async></script>, with data-theme, data-lang and data-title as
// wanted. It puts a frame of the forum's own origin where the script stands
// and gives it the height it asks for; nothing of the page is read. Every
// element with data-forum-count="ARTICLE URL" gets its number of comments.
// Not a module: document.currentScript is what tells where it stands.
(() => {
	'use strict';
	const script = document.currentScript;
	const origin = new URL(script.src).origin;
	const d = script.dataset;

	function address() {
		const url = new URL(`/embed/${encodeURIComponent(d.thread)}`, origin);
		for (const k of ['lang', 'theme', 'sort']) if (d[k]) url.searchParams.set(k, d[k]);
		return url.href;
	}

	function place() {
		const frame = document.createElement('iframe');
		frame.src = address();
		frame.title = d.title || 'Comments';
		frame.loading = d.lazy === 'off' ? 'eager' : 'lazy';
		frame.setAttribute('scrolling', 'no');
		Object.assign(frame.style, { inlineSize: '100%', border: '0', blockSize: '40rem', colorScheme: 'auto' });
		addEventListener('message', (ev) => {
			if (ev.origin !== origin || ev.source !== frame.contentWindow || ev.data?.forum !== 1) return;
			if (Number.isFinite(ev.data.height)) {
				frame.style.blockSize = `${Math.min(200000, Math.max(120, Math.ceil(ev.data.height)))}px`;
			}
			if (Number.isFinite(ev.data.scroll)) {
				scrollBy({ top: frame.getBoundingClientRect().top + ev.data.scroll - innerHeight / 3 });
			}
			if (ev.data.ready && location.hash.startsWith('#c-')) {
				frame.contentWindow.postMessage({ forum: 1, show: location.hash.slice(1) }, origin);
			}
		});
		script.after(frame);
	}

	async function counts() {
		const marks = [...document.querySelectorAll('[data-forum-count]')];
		if (marks.length === 0) return;
		const urls = [...new Set(marks.map((m) => new URL(m.dataset.forumCount || location.href, location.href).href))];
		try {
			const r = await fetch(`${origin}/api/v1/counts`, { method: 'POST', credentials: 'omit',
				headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(urls) });
			if (!r.ok) return;
			const n = await r.json();
			for (const m of marks) {
				const i = urls.indexOf(new URL(m.dataset.forumCount || location.href, location.href).href);
				if (n[i] !== undefined) m.textContent = n[i];
			}
		} catch { /* a page without its numbers is still a page */ }
	}

	if (d.thread) place();
	if (document.readyState === 'loading') addEventListener('DOMContentLoaded', counts);
	else counts();
})();
