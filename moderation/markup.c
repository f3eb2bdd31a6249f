/*
 * md4c parses, we write. Its callbacks end in one function that puts text
 * out and two that put tags out, each against a budget: whatever would make
 * the output grow past MARKUP_GROWTH times the input stops the parser, and
 * the comment is shown as the plain lines that it is.
 *
 * md4c costs (lines x containers), so container marks beyond MARKUP_DEPTH on
 * a line are blanked first. Blanking keeps every offset, and text is copied
 * from the original body, so that plain text can say where each byte of it
 * stood (the moderators' spans need that).
 *
 * Links are decided in markup_href alone: scheme, host of plain ASCII, no
 * controls. What is not a link is shown as its text.
 */
#include <md4c.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "moderation/markup.h"
#include "storage/base/unicode.h"

enum markup_mode { MARKUP_HTML, MARKUP_TEXT, MARKUP_LINKS };

#define MARKUP_SPANS	8	/* nested inline elements that are written */
#define MARKUP_MARKS	8	/* combining marks in a row that are drawn */
#define MARKUP_STACK	64	/* remembered nesting of inline elements */

/* One walk over one body. */
struct markup {
	enum markup_mode	 mode;
	struct buf		*out;
	size_t			 budget;	/* bytes out may still take */
	const char		*body;		/* as sent */
	const char		*source;	/* as parsed, same length */
	size_t			 len;
	unsigned		 blocks;	/* containers open */
	unsigned		 spans;		/* inline elements open */
	bool			 written[MARKUP_STACK];
	bool			 in_link;
	bool			 over;		/* the budget is used up */
	unsigned		 marks;
	size_t			 image_at;	/* out->len as it began */
	uint32_t		*at;		/* TEXT: offsets, or NULL */
	size_t			 at_cap;
	struct markup_link	*links;		/* LINKS: target as offset */
	size_t			 n_links;
};

static const struct { const char *name; const char *text; } markup_names[] = {
	{ "amp", "&" }, { "lt", "<" }, { "gt", ">" }, { "quot", "\"" },
	{ "apos", "'" }, { "nbsp", "\u00a0" }, { "ndash", "\u2013" },
	{ "mdash", "\u2014" }, { "hellip", "\u2026" }, { "copy", "\u00a9" },
	{ "euro", "\u20ac" }, { "pound", "\u00a3" }, { "deg", "\u00b0" },
	{ "laquo", "\u00ab" }, { "raquo", "\u00bb" }, { "bdquo", "\u201e" },
	{ "ldquo", "\u201c" }, { "rdquo", "\u201d" }, { "lsquo", "\u2018" },
	{ "rsquo", "\u2019" }, { "sect", "\u00a7" }, { "times", "\u00d7" },
};

/* What "&...;" stands for, into tmp; the entity itself where we know none. */
static size_t
markup_entity(char tmp[8], const char **s, size_t len)
{
	unsigned long	 c = 0;
	size_t		 i;
	const char	*p = *s;

	for (i = 0; i < sizeof(markup_names) / sizeof(*markup_names); i++) {
		if (strlen(markup_names[i].name) == len - 2 &&
		    memcmp(p + 1, markup_names[i].name, len - 2) == 0) {
			*s = markup_names[i].text;
			return strlen(*s);
		}
	}
	if (len < 4 || p[1] != '#' || len > 11)
		return len;
	c = p[2] == 'x' || p[2] == 'X' ? strtoul(p + 3, NULL, 16) :
	    strtoul(p + 2, NULL, 10);
	if ((c < 0x20 && c != '\n' && c != '\t') || c > 0x10ffff ||
	    (c >= 0x7f && c < 0xa0) || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	*s = tmp;
	if (c < 0x80) {
		tmp[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		tmp[0] = (char)(0xc0 | c >> 6);
		tmp[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		tmp[0] = (char)(0xe0 | c >> 12);
		tmp[1] = (char)(0x80 | (c >> 6 & 0x3f));
		tmp[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	tmp[0] = (char)(0xf0 | c >> 18);
	tmp[1] = (char)(0x80 | (c >> 12 & 0x3f));
	tmp[2] = (char)(0x80 | (c >> 6 & 0x3f));
	tmp[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Marks past the eighth in a row are not drawn: they would cover the
 * neighbours. The body keeps them. */
static void
markup_drawn(struct markup *m, const char *s, size_t len)
{
	size_t	i, n, run = 0;

	for (i = 0; i < len; i += n) {
		n = unicode_sequence((const unsigned char *)s + i, len - i);
		if (n == 0)
			n = 1;
		m->marks = n > 1 && unicode_is_mark(s + i, n) ?
		    m->marks + 1 : 0;
		if (m->marks > MARKUP_MARKS) {
			buf_html(m->out, s + run, i - run);
			run = i + n;
		}
	}
	buf_html(m->out, s + run, len - run);
}

/* Offsets for the bytes added since from; origin in the body, or the last
 * known one for text that stands nowhere in it. */
static int
markup_offsets(struct markup *m, size_t from, size_t origin, bool moves)
{
	size_t		 i, cap;
	uint32_t	*p;

	if (m->at == NULL || buf_failed(m->out))
		return buf_failed(m->out) ? -1 : 0;
	if (m->out->len + 1 > m->at_cap) {
		cap = (m->out->len + 1) * 2;
		if ((p = realloc(m->at, cap * sizeof(*p))) == NULL)
			return -1;
		m->at = p;
		m->at_cap = cap;
	}
	for (i = from; i < m->out->len; i++)
		m->at[i] = (uint32_t)(origin + (moves ? i - from : 0));
	return 0;
}

/* -1 stops the parser: md4c goes on after a positive answer. */
static int
markup_over(struct markup *m)
{
	if (m->out->len > m->budget)
		m->over = true;
	return m->over || buf_failed(m->out) ? -1 : 0;
}

static int
markup_put(struct markup *m, const char *s, size_t len)
{
	size_t		 from = m->out->len, origin;
	bool		 inside;

	inside = (uintptr_t)s >= (uintptr_t)m->source &&
	    (uintptr_t)s < (uintptr_t)m->source + m->len;
	origin = inside ? (size_t)(s - m->source) :
	    from > 0 && m->at != NULL ? m->at[from - 1] : 0;
	if (inside)
		s = m->body + origin;
	if (m->mode == MARKUP_HTML)
		markup_drawn(m, s, len);
	else if (m->mode == MARKUP_TEXT)
		buf_add(m->out, s, len);
	if (markup_offsets(m, from, origin, inside) != 0)
		return -1;
	return markup_over(m);
}

static int
markup_tag(struct markup *m, const char *tag)
{
	if (m->mode == MARKUP_HTML)
		buf_adds(m->out, tag);
	return markup_over(m);
}

/* In plain text blocks are parted by one newline. */
static int
markup_part(struct markup *m)
{
	if (m->mode != MARKUP_TEXT || m->out->len == 0 ||
	    m->out->data[m->out->len - 1] == '\n')
		return 0;
	return markup_put(m, "\n", 1);
}

static int
markup_on_text(MD_TEXTTYPE type, const MD_CHAR *s, MD_SIZE size, void *arg)
{
	struct markup	*m = arg;
	char		 tmp[8];
	const char	*p = s;
	size_t		 from, n, origin;

	switch (type) {
	case MD_TEXT_NULLCHAR:
		return markup_put(m, "\xef\xbf\xbd", 3);
	case MD_TEXT_BR:
	case MD_TEXT_SOFTBR:
		if (m->mode == MARKUP_HTML)
			return markup_tag(m, "<br>");
		return markup_put(m, "\n", 1);
	case MD_TEXT_ENTITY:
		n = markup_entity(tmp, &p, size);
		if (p == s)
			return markup_put(m, s, n);
		from = m->out->len;
		origin = (size_t)(s - m->source);
		if (markup_put(m, p, n) != 0)
			return -1;
		return origin <= m->len ?
		    markup_offsets(m, from, origin, false) : 0;
	default:
		return markup_put(m, s, size);
	}
}

/* Appends an attribute's characters, its entities resolved. */
static void
markup_attribute(struct buf *out, const MD_ATTRIBUTE *a)
{
	char		 tmp[8];
	const char	*p;
	size_t		 i, from, n;

	for (i = 0; a->text != NULL && a->substr_offsets[i] < a->size; i++) {
		from = a->substr_offsets[i];
		n = a->substr_offsets[i + 1] - from;
		p = a->text + from;
		if (a->substr_types[i] == MD_TEXT_ENTITY)
			n = markup_entity(tmp, &p, n);
		buf_add(out, p, n);
	}
}

/* The host's part of an address behind its "//". */
static const char *
markup_host(const char *s, size_t len, size_t *host_len)
{
	const char	*p = memchr(s, ':', len), *end = s + len, *at, *q;

	if (p == NULL || end - p < 3 || p[1] != '/' || p[2] != '/') {
		*host_len = 0;
		return end;
	}
	p += 3;
	for (q = p; q < end && strchr("/?#\\", *q) == NULL; q++)
		;
	end = q;
	if ((at = memrchr(p, '@', (size_t)(end - p))) != NULL)
		p = at + 1;
	for (q = p; q < end && *q != ':'; q++)
		;
	*host_len = (size_t)(q - p);
	return p;
}

/* May this stand in an href? The host must be one that is shown as it will
 * be opened: plain ASCII, no name or password before it. */
static bool
markup_href(const char *s, size_t len)
{
	size_t		 i, n;
	const char	*host;
	bool		 mail;

	mail = len > 7 && strncasecmp(s, "mailto:", 7) == 0;
	if (!mail && !(len > 7 && strncasecmp(s, "http://", 7) == 0) &&
	    !(len > 8 && strncasecmp(s, "https://", 8) == 0))
		return false;
	for (i = 0; i < len; i++) {
		if ((unsigned char)s[i] <= 0x20 || s[i] == 0x7f ||
		    s[i] == '\\')
			return false;
	}
	if (mail)
		return memchr(s, '@', len) != NULL;
	host = markup_host(s, len, &n);
	if (n == 0 || host[-1] == '@')
		return false;
	for (i = 0; i < n; i++) {
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
		    "XYZ0123456789-._", host[i]) == NULL)
			return false;
	}
	return true;
}

/* Keeps a target in the list's text; list entries hold offsets until the
 * text has stopped moving. */
static int
markup_keep(struct markup *m, const char *s, size_t len)
{
	struct markup_link	*p;
	size_t			 i, n;
	const char		*host;

	if ((m->n_links & (m->n_links - 1)) == 0) {
		p = realloc(m->links, (m->n_links == 0 ? 1 :
		    m->n_links * 2) * sizeof(*p));
		if (p == NULL)
			return -1;
		m->links = p;
	}
	host = markup_host(s, len, &n);
	if (n > 4 && strncasecmp(host, "www.", 4) == 0) {
		host += 4;
		n -= 4;
	}
	while (n > 0 && host[n - 1] == '.')
		n--;
	p = &m->links[m->n_links++];
	p->target = (const char *)(uintptr_t)m->out->len;
	buf_add(m->out, s, len);
	buf_addc(m->out, '\0');
	p->domain = (const char *)(uintptr_t)m->out->len;
	for (i = 0; i < n; i++)
		buf_addc(m->out, host[i] >= 'A' && host[i] <= 'Z' ?
		    (char)(host[i] + 32) : host[i]);
	buf_addc(m->out, '\0');
	return markup_over(m);
}

static int
markup_enter_link(struct markup *m, const MD_SPAN_A_DETAIL *d, bool *written)
{
	struct buf	href = BUF_INIT;
	int		rc = 0;

	markup_attribute(&href, &d->href);
	if (buf_failed(&href)) {
		rc = -1;
	} else if (!m->in_link && href.len > 0 &&
	    markup_href(href.data, href.len)) {
		*written = true;
		m->in_link = true;
		if (m->mode == MARKUP_LINKS)
			rc = markup_keep(m, href.data, href.len);
		if (m->mode == MARKUP_HTML) {
			buf_adds(m->out, "<a href=\"");
			buf_html(m->out, href.data, href.len);
			rc = markup_tag(m,
			    "\" rel=\"nofollow ugc noopener\">");
		}
	}
	buf_free(&href);
	return rc;
}

static int
markup_enter_span(MD_SPANTYPE type, void *detail, void *arg)
{
	struct markup	*m = arg;
	bool		*written, dummy = false;
	unsigned	 depth = m->spans++;

	written = depth < MARKUP_STACK ? &m->written[depth] : &dummy;
	*written = false;
	if (type == MD_SPAN_IMG) {
		m->image_at = m->out->len;
		return 0;
	}
	if (depth >= MARKUP_SPANS)
		return 0;
	if (type == MD_SPAN_A)
		return markup_enter_link(m, detail, written);
	*written = true;
	return markup_tag(m, type == MD_SPAN_EM ? "<em>" :
	    type == MD_SPAN_STRONG ? "<strong>" : "<code>");
}

/* An image without alternative text is shown as its address. */
static int
markup_leave_image(struct markup *m, const MD_SPAN_IMG_DETAIL *d)
{
	struct buf	src = BUF_INIT;
	int		rc;

	if (m->out->len != m->image_at)
		return 0;
	markup_attribute(&src, &d->src);
	rc = buf_failed(&src) ? -1 : src.len == 0 ? 0 :
	    markup_put(m, src.data, src.len);
	buf_free(&src);
	return rc;
}

static int
markup_leave_span(MD_SPANTYPE type, void *detail, void *arg)
{
	struct markup	*m = arg;
	unsigned	 depth = --m->spans;

	if (type == MD_SPAN_IMG)
		return markup_leave_image(m, detail);
	if (depth >= MARKUP_SPANS || !m->written[depth])
		return 0;
	if (type == MD_SPAN_A) {
		m->in_link = false;
		return markup_tag(m, "</a>");
	}
	return markup_tag(m, type == MD_SPAN_EM ? "</em>" :
	    type == MD_SPAN_STRONG ? "</strong>" : "</code>");
}

static const struct { const char *open, *close; } markup_blocks[] = {
	[MD_BLOCK_QUOTE] = { "<blockquote>", "</blockquote>" },
	[MD_BLOCK_UL] = { "<ul>", "</ul>" },
	[MD_BLOCK_OL] = { "<ol>", "</ol>" },
	[MD_BLOCK_LI] = { "<li>", "</li>" },
	[MD_BLOCK_H] = { "<p><strong>", "</strong></p>" },
	[MD_BLOCK_CODE] = { "<pre><code>", "</code></pre>" },
	[MD_BLOCK_P] = { "<p>", "</p>" },
};

static bool
markup_contains(MD_BLOCKTYPE type)
{
	return type == MD_BLOCK_QUOTE || type == MD_BLOCK_UL ||
	    type == MD_BLOCK_OL || type == MD_BLOCK_LI;
}

/* Lists and their items count as one level together. */
static bool
markup_deep(const struct markup *m)
{
	return m->blocks > 2 * MARKUP_DEPTH;
}

static int
markup_enter_block(MD_BLOCKTYPE type, void *detail, void *arg)
{
	struct markup			*m = arg;
	const MD_BLOCK_OL_DETAIL	*ol = detail;

	if (markup_part(m) != 0)
		return -1;
	if (type == MD_BLOCK_HR)
		return markup_tag(m, "<hr>");
	if (markup_contains(type)) {
		/* A quote takes two, so that list and item stay together. */
		m->blocks += type == MD_BLOCK_QUOTE ? 2 : 1;
		if (markup_deep(m))
			return 0;
	}
	if (type == MD_BLOCK_OL && m->mode == MARKUP_HTML && ol->start != 1) {
		buf_addf(m->out, "<ol start=\"%u\">", ol->start);
		return markup_over(m);
	}
	if (type >= sizeof(markup_blocks) / sizeof(*markup_blocks) ||
	    markup_blocks[type].open == NULL)
		return 0;
	return markup_tag(m, markup_blocks[type].open);
}

static int
markup_leave_block(MD_BLOCKTYPE type, void *detail, void *arg)
{
	struct markup	*m = arg;
	bool		 deep = markup_deep(m);

	(void)detail;
	if (markup_contains(type)) {
		m->blocks -= type == MD_BLOCK_QUOTE ? 2 : 1;
		if (deep)
			return 0;
	}
	if (type >= sizeof(markup_blocks) / sizeof(*markup_blocks) ||
	    markup_blocks[type].close == NULL)
		return 0;
	return markup_tag(m, markup_blocks[type].close);
}

/* Length of the container mark at p (without the space behind), or 0. */
static size_t
markup_mark(const char *p, const char *end)
{
	size_t	n = 0;

	if (*p == '>')
		return 1;
	if (*p == '-' || *p == '+' || *p == '*')
		n = 1;
	while (n < 9 && p + n < end && p[n] >= '0' && p[n] <= '9')
		n++;
	if (n > 0 && p[n - 1] >= '0' && p[n - 1] <= '9') {
		if (p + n == end || (p[n] != '.' && p[n] != ')'))
			return 0;
		n++;
	}
	if (n == 0 || (p + n < end && strchr(" \t\r\n", p[n]) == NULL))
		return 0;
	return n;
}

static void
markup_flatten(char *s, size_t len)
{
	char		*p = s, *end = s + len, *nl;
	size_t		 n;
	unsigned	 marks;

	while (p < end) {
		nl = memchr(p, '\n', (size_t)(end - p));
		for (marks = 0; p < end && *p != '\n'; p += n) {
			n = 1;
			if (*p == ' ' || *p == '\t')
				continue;
			if ((n = markup_mark(p, end)) == 0)
				break;
			if (++marks > MARKUP_DEPTH)
				memset(p, ' ', n);
		}
		p = nl == NULL ? end : nl + 1;
	}
}

/* The lines as they are: for what the parser would not do in bounds. */
static int
markup_plain(struct markup *m)
{
	const char	*p = m->body, *end = m->body + m->len, *nl;
	int		 rc;

	m->budget = SIZE_MAX;
	m->over = false;
	m->marks = 0;
	rc = markup_tag(m, "<p>");
	while (rc == 0 && p < end) {
		nl = memchr(p, '\n', (size_t)(end - p));
		/* markup_put takes places in the source */
		rc = markup_put(m, m->source + (p - m->body),
		    (size_t)((nl == NULL ? end : nl) - p));
		if (rc == 0 && nl != NULL)
			rc = markup_on_text(MD_TEXT_SOFTBR, "\n", 1, m);
		p = nl == NULL ? end : nl + 1;
	}
	return rc == 0 ? markup_tag(m, "</p>") : rc;
}

static int
markup_walk(struct markup *m, const char *body, size_t len, struct err *err)
{
	static const MD_PARSER	 parser = {
		.flags = MD_FLAG_PERMISSIVEAUTOLINKS | MD_FLAG_NOHTML |
		    MD_FLAG_NOINDENTEDCODEBLOCKS,
		.enter_block = markup_enter_block,
		.leave_block = markup_leave_block,
		.enter_span = markup_enter_span,
		.leave_span = markup_leave_span,
		.text = markup_on_text,
	};
	size_t			 before = m->out->len;
	char			*source;
	int			 rc;

	if (len > MARKUP_MAX)
		return err_set(err, ERR_BODY_TOO_LONG, "body",
		    "the text is longer than %d bytes", MARKUP_MAX);
	if ((source = malloc(len + 1)) == NULL)
		return err_set(err, ERR_INTERNAL, NULL, "out of memory");
	memcpy(source, body, len);
	source[len] = '\0';
	markup_flatten(source, len);
	m->body = body;
	m->source = source;
	m->len = len;
	m->budget = before + MARKUP_GROWTH * len;
	rc = md_parse(source, (MD_SIZE)len, &parser, m);
	if (m->mode == MARKUP_LINKS && m->over)
		rc = 0;		/* as many as there is room for */
	if (m->mode != MARKUP_LINKS && !buf_failed(m->out) &&
	    (rc != 0 || (m->out->len == before &&
	    !unicode_blank(body, len)))) {
		m->out->len = before;
		rc = markup_plain(m);
	}
	free(source);
	if (rc != 0 || buf_failed(m->out)) {
		if (!buf_failed(m->out))
			m->out->len = before;
		return err_set(err, ERR_INTERNAL, NULL, "out of memory");
	}
	return 0;
}

int
markup_html(struct buf *out, const char *body, size_t len, struct err *err)
{
	struct markup	m = { .mode = MARKUP_HTML, .out = out };

	return markup_walk(&m, body, len, err);
}

int
markup_text(struct buf *out, const char *body, size_t len, struct err *err)
{
	struct markup	m = { .mode = MARKUP_TEXT, .out = out };

	return markup_walk(&m, body, len, err);
}

int
markup_text_at(struct buf *out, uint32_t **at, const char *body, size_t len,
    struct err *err)
{
	struct markup	m = { .mode = MARKUP_TEXT, .out = out };

	buf_clear(out);
	m.at_cap = len + 1;
	if ((m.at = malloc(m.at_cap * sizeof(*m.at))) == NULL)
		return err_set(err, ERR_INTERNAL, NULL, "out of memory");
	if (markup_walk(&m, body, len, err) != 0 ||
	    markup_offsets(&m, out->len, 0, false) != 0) {
		free(m.at);
		return -1;
	}
	m.at[out->len] = (uint32_t)len;
	*at = m.at;
	return 0;
}

int
markup_links(struct markup_links *out, const char *body, size_t len,
    struct err *err)
{
	struct buf	text = BUF_INIT;
	struct markup	m = { .mode = MARKUP_LINKS, .out = &text };
	size_t		i, n;

	memset(out, 0, sizeof(*out));
	if (markup_walk(&m, body, len, err) != 0) {
		free(m.links);
		buf_free(&text);
		return -1;
	}
	if (m.n_links == 0)
		return 0;
	out->text = buf_take(&text, &n);
	for (i = 0; i < m.n_links; i++) {
		m.links[i].target = out->text + (uintptr_t)m.links[i].target;
		m.links[i].domain = out->text + (uintptr_t)m.links[i].domain;
	}
	out->list = m.links;
	out->n = m.n_links;
	return 0;
}

void
markup_links_free(struct markup_links *l)
{
	free(l->list);
	free(l->text);
	memset(l, 0, sizeof(*l));
}
