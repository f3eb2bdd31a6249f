/*
 * ICU behind a few functions. What costs (the spoof checker, the normal
 * forms, the table of look-alikes) is made once per process on first use and
 * never changed after, so that all threads may read it. ASCII never reaches
 * ICU: nearly all of nearly every comment is ASCII.
 *
 * Look-alikes are single letters that the Unicode confusables draw like one
 * Latin letter. They are folded only where somebody seems to be hiding
 * something (see unicode_fold_words): folding honest Cyrillic would turn it
 * into accidental English.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include "storage/base/unicode.h"

#define UNICODE_FOLDS	0x3000	/* look-alikes are tabled below this */
#define UNICODE_CLUSTER	64	/* code points normalised at a time */
#define UNICODE_MARKS	3	/* combining marks in a row in a name */

static pthread_once_t		 unicode_once = PTHREAD_ONCE_INIT;
static const UNormalizer2	*unicode_norm_c;
static const UNormalizer2	*unicode_norm_kc;	/* case-folding */
static USpoofChecker		*unicode_spoof;
static char			 unicode_folds[UNICODE_FOLDS];

/* Small capitals are letters of their own that are drawn like large ones;
 * their names say of which. */
static char
unicode_small_capital(UChar32 c)
{
	static const char	prefix[] = "LATIN LETTER SMALL CAPITAL ";
	UErrorCode		rc = U_ZERO_ERROR;
	char			name[64];
	int32_t			n;

	n = u_charName(c, U_UNICODE_CHAR_NAME, name, sizeof(name), &rc);
	if (U_FAILURE(rc) || n != (int32_t)sizeof(prefix) ||
	    strncmp(name, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	return (char)(name[sizeof(prefix) - 1] + 32);
}

/* The Latin letter that c is drawn like, or 0. */
static char
unicode_lookalike(UChar32 c)
{
	UErrorCode	rc = U_ZERO_ERROR;
	UChar		in[2], sk[8];
	int32_t		n = 0, i, len;

	U16_APPEND_UNSAFE(in, n, c);
	len = uspoof_getSkeleton(unicode_spoof, 0, in, n, sk, 8, &rc);
	if (U_FAILURE(rc) || len < 1 || len > 8)
		return 0;
	for (i = 1; i < len; i++) {
		if (u_charType(sk[i]) != U_NON_SPACING_MARK)
			return 0;
	}
	if (sk[0] >= 'A' && sk[0] <= 'Z')
		return (char)(sk[0] + 32);
	if (sk[0] >= 0x80)
		return unicode_small_capital(sk[0]);
	return sk[0] >= 'a' && sk[0] <= 'z' ? (char)sk[0] : 0;
}

static void
unicode_start(void)
{
	UErrorCode	rc = U_ZERO_ERROR;
	UChar32		c;

	unicode_norm_c = unorm2_getNFCInstance(&rc);
	unicode_norm_kc = unorm2_getNFKCCasefoldInstance(&rc);
	unicode_spoof = uspoof_open(&rc);
	uspoof_setRestrictionLevel(unicode_spoof, USPOOF_HIGHLY_RESTRICTIVE);
	uspoof_setChecks(unicode_spoof, USPOOF_RESTRICTION_LEVEL |
	    USPOOF_INVISIBLE | USPOOF_MIXED_NUMBERS, &rc);
	if (U_FAILURE(rc)) {
		unicode_spoof = NULL;
		return;
	}
	for (c = 0x80; c < UNICODE_FOLDS; c++) {
		if (u_isalpha(c))
			unicode_folds[c] = unicode_lookalike(c);
	}
}

/* -1 where the machine's ICU has no data. */
static int
unicode_ready(struct err *err)
{
	pthread_once(&unicode_once, unicode_start);
	if (unicode_spoof == NULL)
		return err_set(err, ERR_INTERNAL, NULL,
		    "the Unicode library does not work");
	return 0;
}

static int
unicode_broken(struct err *err)
{
	return err_set(err, ERR_INVALID_FIELD, NULL,
	    "the text is not well-formed UTF-8");
}

static int
unicode_memory(struct err *err)
{
	return err_set(err, ERR_INTERNAL, NULL, "out of memory");
}

size_t
unicode_sequence(const unsigned char *p, size_t left)
{
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4 || left < 2)
		return 0;
	if (p[0] < 0xe0)
		return (p[1] & 0xc0) == 0x80 ? 2 : 0;
	if (p[0] < 0xf0) {
		if (left < 3 || (p[1] & 0xc0) != 0x80 ||
		    (p[2] & 0xc0) != 0x80 || (p[0] == 0xe0 && p[1] < 0xa0) ||
		    (p[0] == 0xed && p[1] > 0x9f))
			return 0;
		return 3;
	}
	if (left < 4 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80 ||
	    (p[3] & 0xc0) != 0x80 || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return 4;
}

long
unicode_count(const char *s, size_t len)
{
	size_t	i, n;
	long	count = 0;

	for (i = 0; i < len; i += n, count++) {
		n = unicode_sequence((const unsigned char *)s + i, len - i);
		if (n == 0)
			return -1;
	}
	return count;
}

/* The character at s[*i] of valid UTF-8; moves *i past it. */
static UChar32
unicode_next(const char *s, size_t *i)
{
	UChar32	c;
	size_t	n = *i;

	U8_NEXT_UNSAFE((const uint8_t *)s, n, c);
	*i = n;
	return c;
}

/* Controls, fillers and blanks that a reader does not see. A line break and
 * a tab are seen. */
static bool
unicode_invisible(UChar32 c)
{
	if (c < 0x80)
		return (c < 0x20 && c != '\n' && c != '\t' && c != '\r') ||
		    c == 0x7f;
	return u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) ||
	    u_charType(c) == U_FORMAT_CHAR ||
	    u_charType(c) == U_CONTROL_CHAR || c == 0x2800 ||
	    (c >= 0xfff9 && c <= 0xfffc);
}

bool
unicode_blank(const char *s, size_t len)
{
	size_t	i = 0;
	UChar32	c;

	while (i < len) {
		c = unicode_next(s, &i);
		if (!unicode_invisible(c) && !u_isUWhiteSpace(c) &&
		    u_charType(c) != U_UNASSIGNED &&
		    u_charType(c) != U_NON_SPACING_MARK &&
		    u_charType(c) != U_ENCLOSING_MARK)
			return false;
	}
	return true;
}

bool
unicode_is_mark(const char *s, size_t n)
{
	size_t	i = 0;

	return n > 1 && (U_MASK(u_charType(unicode_next(s, &i))) &
	    (U_GC_MN_MASK | U_GC_ME_MASK)) != 0;
}

/* UTF-16 of valid UTF-8; the caller frees. NULL: no memory. */
static UChar *
unicode_wide(const char *s, size_t len, int32_t *n)
{
	UErrorCode	 rc = U_ZERO_ERROR;
	UChar		*w;

	if (len > INT32_MAX / 4 || (w = malloc((len + 1) * sizeof(*w))) == NULL)
		return NULL;
	u_strFromUTF8(w, (int32_t)len + 1, n, s, (int32_t)len, &rc);
	if (U_FAILURE(rc)) {
		free(w);
		return NULL;
	}
	return w;
}

static void
unicode_add(struct buf *out, UChar32 c)
{
	uint8_t	tmp[4];
	int32_t	n = 0;

	U8_APPEND_UNSAFE(tmp, n, c);
	buf_add(out, tmp, (size_t)n);
}

static void
unicode_add_wide(struct buf *out, const UChar *w, int32_t n)
{
	int32_t	i = 0;
	UChar32	c;

	while (i < n) {
		U16_NEXT(w, i, n, c);
		unicode_add(out, U_IS_SURROGATE(c) ? 0xfffd : c);
	}
}

int
unicode_nfc(struct buf *out, const char *s, size_t len, struct err *err)
{
	UErrorCode	 rc = U_ZERO_ERROR;
	UChar		*w, *n;
	int32_t		 wn, nn;

	if (unicode_ready(err) != 0)
		return -1;
	if (unicode_count(s, len) < 0)
		return unicode_broken(err);
	if ((w = unicode_wide(s, len, &wn)) == NULL)
		return unicode_memory(err);
	/* NFC grows UTF-16 by at most three times. */
	n = malloc(((size_t)wn * 3 + 1) * sizeof(*n));
	nn = n == NULL ? 0 :
	    unorm2_normalize(unicode_norm_c, w, wn, n, wn * 3 + 1, &rc);
	if (n != NULL && U_SUCCESS(rc))
		unicode_add_wide(out, n, nn);
	else
		rc = U_MEMORY_ALLOCATION_ERROR;
	free(n);
	free(w);
	return U_FAILURE(rc) || buf_failed(out) ? unicode_memory(err) : 0;
}

/* One matching form in the making. */
struct unicode_maker {
	struct unicode_form	*f;
	size_t			 at_cap;
	bool			 plain_base;	/* marks here are dropped */
	unsigned		 latin, other;	/* letters seen */
	size_t			 marks;		/* in a row so far */
	UChar32			 before;	/* the last visible character */
};

static int
unicode_make(struct unicode_maker *m, UChar32 c, size_t origin)
{
	struct unicode_form	*f = m->f;
	uint32_t		*p;
	size_t			 from = f->text.len;

	unicode_add(&f->text, c);
	if (f->text.len + 1 > m->at_cap) {
		m->at_cap = f->text.len * 2 + 1;
		p = realloc(f->at, m->at_cap * sizeof(*p));
		if (p == NULL)
			return -1;
		f->at = p;
	}
	for (; from < f->text.len; from++)
		f->at[from] = (uint32_t)origin;
	return buf_failed(&f->text) ? -1 : 0;
}

static bool
unicode_plain_script(UChar32 c)
{
	UErrorCode	rc = U_ZERO_ERROR;
	UScriptCode	sc = uscript_getScript(c, &rc);

	return sc == USCRIPT_LATIN || sc == USCRIPT_GREEK ||
	    sc == USCRIPT_CYRILLIC;
}

/* One character of the NFKC case fold: marks fall off plain letters. */
static int
unicode_make_folded(struct unicode_maker *m, UChar32 c, size_t origin)
{
	UErrorCode	rc = U_ZERO_ERROR;
	UChar		d[16];
	int32_t		n, i = 0;

	if (c >= 0x80 && unicode_invisible(c))
		return 0;
	if (U_MASK(u_charType(c)) & (U_GC_MN_MASK | U_GC_ME_MASK))
		return m->plain_base ? 0 : unicode_make(m, c, origin);
	m->plain_base = c < 0x80 || unicode_plain_script(c);
	if (c >= 0x80 && m->plain_base) {
		n = unorm2_getDecomposition(unicode_norm_c, c, d, 16, &rc);
		if (U_SUCCESS(rc) && n > 0)
			U16_NEXT(d, i, n, c);
	}
	if (u_isalpha(c)) {
		if (c < 0x80)
			m->latin++;
		else if (m->plain_base)
			m->other++;
	}
	return unicode_make(m, c, origin);
}

/* Characters [from, to) of s, which normalise together. */
static int
unicode_make_cluster(struct unicode_maker *m, const char *s, size_t from,
    size_t to)
{
	UErrorCode	rc = U_ZERO_ERROR;
	UChar		in[2 * UNICODE_CLUSTER], out[40 * UNICODE_CLUSTER];
	UChar32		c;
	int32_t		i = 0, n = 0;
	size_t		p = from;

	while (p < to) {
		c = unicode_next(s, &p);
		U16_APPEND_UNSAFE(in, n, c);
	}
	/* NFKC grows by at most 18 times. */
	n = unorm2_normalize(unicode_norm_kc, in, n, out, 40 * UNICODE_CLUSTER,
	    &rc);
	if (U_FAILURE(rc))
		return -1;
	while (i < n) {
		U16_NEXT(out, i, n, c);
		if (unicode_make_folded(m, c, from) != 0)
			return -1;
	}
	return 0;
}

static int
unicode_make_ascii(struct unicode_maker *m, char c, size_t origin)
{
	if (unicode_invisible(c)) {
		m->f->invisible++;
		return 0;
	}
	if (c >= 'A' && c <= 'Z')
		c = (char)(c + 32);
	m->latin += c >= 'a' && c <= 'z';
	m->plain_base = true;
	return unicode_make(m, c, origin);
}

/* Look-alikes in one word [from, to) of the form, in place: a folded letter
 * is shorter, so the word shrinks. Returns the new end of it. */
static size_t
unicode_fold_word(struct unicode_form *f, size_t from, size_t to, bool latin)
{
	char	*s = f->text.data;
	size_t	 i, was, w = from, folds = 0, stays = 0, ascii = 0;
	UChar32	 c;

	for (i = from; i < to;) {
		c = unicode_next(s, &i);
		ascii += c < 0x80 && u_isalpha(c);
		if (c >= 0x80 && c < UNICODE_FOLDS && unicode_folds[c] != 0)
			folds++;
		else if (c >= 0x80)
			stays++;
	}
	if (folds == 0 || (ascii == 0 && (stays > 0 || !latin)))
		return to;
	for (i = from; i < to;) {
		was = i;
		c = unicode_next(s, &i);
		if (c >= 0x80 && c < UNICODE_FOLDS && unicode_folds[c] != 0) {
			f->at[w] = f->at[was];
			s[w++] = unicode_folds[c];
			f->folded++;
			continue;
		}
		memmove(f->at + w, f->at + was, (i - was) * sizeof(*f->at));
		memmove(s + w, s + was, i - was);
		w += i - was;
	}
	return w;
}

static void
unicode_fold_words(struct unicode_form *f, bool latin)
{
	char	*s = f->text.data;
	size_t	 i = 0, w = 0, start, end, len = f->text.len;

	while (i < len) {
		start = i;
		while (i < len && ((s[i] & 0x80) || u_isalnum(s[i]))) {
			end = i;
			if (!u_isalnum(unicode_next(s, &i))) {
				i = end;
				break;
			}
		}
		if (i == start)
			unicode_next(s, &i);
		end = unicode_fold_word(f, start, i, latin);
		memmove(s + w, s + start, end - start);
		memmove(f->at + w, f->at + start,
		    (end - start) * sizeof(*f->at));
		w += end - start;
	}
	f->text.len = w;
}

/* Counts what may be hiding something. A joiner inside an emoji or a word of
 * Arabic or Hindi is spelling; after a Latin letter it is not. */
static void
unicode_count_odd(struct unicode_maker *m, UChar32 c)
{
	bool	mark = (U_MASK(u_charType(c)) &
	    (U_GC_MN_MASK | U_GC_ME_MASK)) != 0;

	if (!unicode_invisible(c)) {
		m->marks = mark ? m->marks + 1 : 0;
		if (m->marks > m->f->marks)
			m->f->marks = m->marks;
		m->before = c;
	} else if (u_charType(c) != U_NON_SPACING_MARK &&
	    (u_hasBinaryProperty(c, UCHAR_BIDI_CONTROL) ||
	    (u_isalpha(m->before) && unicode_plain_script(m->before)))) {
		m->f->invisible++;
	}
}

static int
unicode_form_fill(struct unicode_maker *m, const char *s, size_t len)
{
	size_t		i = 0, from, next;
	unsigned	n;
	UChar32		c;

	while (i < len) {
		from = i;
		c = unicode_next(s, &i);
		if (c < 0x80 && (i == len || !(s[i] & 0x80))) {
			m->marks = 0;
			m->before = c;
			if (unicode_make_ascii(m, (char)c, from) != 0)
				return -1;
			continue;
		}
		unicode_count_odd(m, c);
		/* As far as the next character that starts afresh. */
		for (n = 1; i < len && n < UNICODE_CLUSTER; n++) {
			next = i;
			c = unicode_next(s, &next);
			if (unorm2_hasBoundaryBefore(unicode_norm_kc, c))
				break;
			unicode_count_odd(m, c);
			i = next;
		}
		if (unicode_make_cluster(m, s, from, i) != 0)
			return -1;
	}
	return 0;
}

int
unicode_form(struct unicode_form *out, const char *s, size_t len,
    struct err *err)
{
	struct unicode_maker	m = { .f = out };

	memset(out, 0, sizeof(*out));
	if (unicode_ready(err) != 0)
		return -1;
	if (unicode_count(s, len) < 0 || len >= UINT32_MAX / 4)
		return unicode_broken(err);
	m.at_cap = len + 1;
	out->at = malloc(m.at_cap * sizeof(*out->at));
	if (out->at == NULL || buf_reserve(&out->text, len + 1) != 0 ||
	    unicode_form_fill(&m, s, len) != 0) {
		unicode_form_free(out);
		return unicode_memory(err);
	}
	if (m.other > 0)
		unicode_fold_words(out, m.latin > m.other);
	out->at[out->text.len] = (uint32_t)len;
	return 0;
}

void
unicode_form_free(struct unicode_form *f)
{
	buf_free(&f->text);
	free(f->at);
	memset(f, 0, sizeof(*f));
}

/* Letters, marks, digits, and the little punctuation that names have. */
static bool
unicode_name_char(UChar32 c)
{
	static const UChar32	ok[] = { ' ', '-', '\'', '.', '_', 0x2019,
	    0xb7, 0x2010, 0x5f3, 0x5f4, 0x30fb, 0x200c, 0x200d };
	size_t			i;

	if (U_MASK(u_charType(c)) & (U_GC_L_MASK | U_GC_MN_MASK |
	    U_GC_MC_MASK | U_GC_ND_MASK))
		return !unicode_invisible(c);
	for (i = 0; i < sizeof(ok) / sizeof(*ok); i++) {
		if (ok[i] == c)
			return true;
	}
	return false;
}

/* A joiner is part of the spelling in some scripts, between two letters. */
static bool
unicode_joins(UChar32 before, UChar32 after)
{
	UErrorCode	rc = U_ZERO_ERROR;
	UScriptCode	a = uscript_getScript(before, &rc);

	return u_getCombiningClass(before) == 9 || (a == USCRIPT_ARABIC &&
	    uscript_getScript(after, &rc) == USCRIPT_ARABIC);
}

static int
unicode_name_refuse(struct err *err, const char *why)
{
	return err_set(err, ERR_INVALID_FIELD, "name", "the name %s", why);
}

static int
unicode_name_chars(const char *s, size_t len, struct err *err)
{
	size_t		i = 0, peek;
	unsigned	marks = 0, letters = 0;
	UChar32		c, before = 0;

	while (i < len) {
		c = unicode_next(s, &i);
		if (!unicode_name_char(c))
			return unicode_name_refuse(err, unicode_invisible(c) ?
			    "holds an invisible character" :
			    "holds a character that names do not have");
		peek = i;
		if ((c == 0x200c || c == 0x200d) && (before == 0 || i == len ||
		    !unicode_joins(before, unicode_next(s, &peek))))
			return unicode_name_refuse(err,
			    "holds an invisible character");
		if (c == ' ' && before == ' ')
			return unicode_name_refuse(err,
			    "holds two spaces in a row");
		marks = unicode_is_mark(s + (i - (size_t)U8_LENGTH(c)),
		    (size_t)U8_LENGTH(c)) ? marks + 1 : 0;
		if (marks > UNICODE_MARKS || (marks > 0 && before == 0))
			return unicode_name_refuse(err,
			    "has too many marks on one letter");
		letters += u_isalnum(c) != 0;
		before = c;
	}
	return letters > 0 ? 0 :
	    unicode_name_refuse(err, "holds neither letter nor digit");
}

int
unicode_name_check(const char *name, size_t len, struct err *err)
{
	UErrorCode	 rc = U_ZERO_ERROR;
	UChar		*w;
	int32_t		 n, found;
	long		 count = unicode_count(name, len);

	if (unicode_ready(err) != 0)
		return -1;
	if (count < 0)
		return unicode_name_refuse(err, "is not well-formed UTF-8");
	if (count < 1 || count > UNICODE_NAME_MAX)
		return err_set(err, ERR_INVALID_FIELD, "name",
		    "the name must have 1 to %d characters",
		    UNICODE_NAME_MAX);
	if (name[0] == ' ' || name[len - 1] == ' ')
		return unicode_name_refuse(err, "begins or ends with a space");
	if (unicode_name_chars(name, len, err) != 0)
		return -1;
	if ((w = unicode_wide(name, len, &n)) == NULL)
		return unicode_memory(err);
	found = uspoof_check(unicode_spoof, w, n, NULL, &rc);
	free(w);
	if (U_FAILURE(rc))
		return unicode_memory(err);
	if (found & USPOOF_RESTRICTION_LEVEL)
		return unicode_name_refuse(err, "mixes scripts");
	if (found != 0)
		return unicode_name_refuse(err,
		    "holds characters that look like others");
	return 0;
}

/* The UTS 39 skeleton of s, in small letters; *ascii: it is plain ASCII. */
static int
unicode_skeleton(struct buf *out, const char *s, size_t len, bool *ascii,
    struct err *err)
{
	UErrorCode	 rc = U_ZERO_ERROR;
	UChar		*w, *sk;
	size_t		 i;
	int32_t		 n, skn = 0;

	if ((w = unicode_wide(s, len, &n)) == NULL)
		return unicode_memory(err);
	/* A skeleton is up to 18 times as long. */
	sk = malloc(((size_t)n * 20 + 1) * sizeof(*sk));
	if (sk != NULL)
		skn = uspoof_getSkeleton(unicode_spoof, 0, w, n, sk,
		    n * 20 + 1, &rc);
	if (sk != NULL && U_SUCCESS(rc))
		unicode_add_wide(out, sk, skn);
	free(w);
	free(sk);
	if (sk == NULL || U_FAILURE(rc) || buf_failed(out))
		return unicode_memory(err);
	*ascii = true;
	for (i = 0; i < out->len; i++) {
		if (out->data[i] & 0x80)
			*ascii = false;
		else if (out->data[i] >= 'A' && out->data[i] <= 'Z')
			out->data[i] = (char)(out->data[i] + 32);
	}
	return 0;
}

/* Two ways to look alike: in small letters without marks, and, for what that
 * leaves in another script, as written (a Cyrillic "ВОВ" for "BOB"). */
int
unicode_name_key(struct buf *out, const char *name, size_t len,
    struct err *err)
{
	struct unicode_form	 f;
	struct buf		 as_is = BUF_INIT, key = BUF_INIT;
	struct buf		*from;
	size_t			 i, w = 0;
	bool			 ascii = false;
	int			 rc;

	if (unicode_form(&f, name, len, err) != 0)
		return -1;
	rc = unicode_skeleton(&as_is, name, len, &ascii, err);
	for (i = 0; i < f.text.len && !(f.text.data[i] & 0x80); i++)
		;
	from = ascii && i < f.text.len ? &as_is : &f.text;
	if (rc == 0)
		rc = unicode_skeleton(&key, buf_str(from),
		    from->len, &ascii, err);
	for (i = 0; rc == 0 && i < key.len; i++) {
		/* Spaces and joining marks tell no two people apart, nor do
		 * a large i and a small l, nor two v and a w. */
		if (strchr(" -_.'", key.data[i]) != NULL)
			continue;
		if (w > 0 && key.data[i] == 'v' && key.data[w - 1] == 'v')
			key.data[w - 1] = 'w';
		else
			key.data[w++] = key.data[i] == 'i' ? 'l' :
			    key.data[i];
	}
	if (rc == 0)
		buf_add(out, key.data, w);
	unicode_form_free(&f);
	buf_free(&as_is);
	buf_free(&key);
	return rc == 0 && buf_failed(out) ? unicode_memory(err) : rc;
}
