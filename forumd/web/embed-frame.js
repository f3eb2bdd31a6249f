// Inside the frame: the thread as everywhere, and its height told to the
// page around it. Links that leave open on top, since a frame is no place
// to read another page in.

import './thread.js';

const tell = (what) => parent.postMessage({ forum: 1, ...what }, '*');

new ResizeObserver(() => tell({ height: document.body.scrollHeight })).observe(document.body);
document.addEventListener('click', (ev) => {
	const a = ev.target.closest('a[href]');
	if (!a || a.dataset.act || ev.defaultPrevented) return;
	const url = new URL(a.href, location.href);
	if (url.origin !== location.origin || !url.pathname.startsWith('/embed/')) { a.target = '_blank'; a.rel = 'noopener'; }
});

function show(id) {
	const e = document.getElementById(id);
	if (!e) return;
	tell({ scroll: e.getBoundingClientRect().top + scrollY });
	e.focus({ preventScroll: true });
}
addEventListener('message', (ev) => {
	if (ev.source === parent && ev.data?.forum === 1 && typeof ev.data.show === 'string') show(ev.data.show);
});
tell({ ready: true, height: document.body.scrollHeight });
