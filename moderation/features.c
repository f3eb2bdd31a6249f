/*
 * The reader of features.h: bytes to folded tokens and their hashes.
 *
 * The text may be anything; a byte that is no valid UTF-8 stands for itself
 * as a mark. Folding covers the Latin letters of the languages we meet;
 * letters of other scripts are kept as their bytes. A change here changes
 * what every model file means: raise MODEL_VERSION in model_file.h with it.
 */
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "moderation/features.h"

#define SUB_MIN		3	/* characters of the shortest subword */
#define SUB_MAX		5

/* The base letters of U+00C0..U+017F; '*' is no letter. */
static const char features_latin[] =
    "aaaaaaaceeeeiiiidnooooo*ouuuuypsaaaaaaaceeeeiiiidnooooo*ouuuuypy"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllllllln"
    "nnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

/* Names of groups of people. Every one of them is read as the same word: the
 * model cannot know which group a comment speaks of, and so cannot hold it
 * against any. Slurs do not stand here. */
static const char *const features_groups[] = {
	"aboriginal aborigine aborigines afghan afghans african",
	"africani africanii africans albanian albanians algerian",
	"american americans arab arabi arabic arabii arabs armenian",
	"armenians asian asians atheist atheists autistic bangladeshi",
	"bangladeshis bisexual bisexuals black blacks blind brazilian",
	"british brits buddhist buddhists bulgarian bulgarians",
	"catholic catholics chinese chinezi chinezii christian",
	"christians congolese crestin crestini crestinii croatian",
	"croats cuban cubans czech czechs deaf disability disabled",
	"dutch eastern egyptian egyptians english estonian ethiopian",
	"ethiopians european europeans evrei evreii evreilor evreu",
	"female females femei femeie femeile femeilor feminist",
	"feminists filipino filipinos foreign foreigner foreigners",
	"french gay gays german germans ghanaian girl girls greek",
	"greeks gypsies gypsy handicapped hebrew hijab hindu hindus",
	"hispanic hispanics homeless homosexual homosexuali",
	"homosexualii homosexuals hungarian hungarians imigrant",
	"imigranti imigrantii immigrant immigrants indian indians",
	"indigenous intersex iranian iranians iraqi iraqis irish islam",
	"islamic israeli israelis italian italians jamaican jamaicans",
	"japanese jew jewish jews kenyan korean koreans kosovan kurd",
	"kurdish kurds latina latinas latino latinos latinx latvian",
	"lesbian lesbians lgbt lgbtq libyan lithuanian lithuanians",
	"maghiar maghiari maghiarii male males mentally mexican",
	"mexicans migrant migrants minorities minority moldovan",
	"moldoveni moldovenii mormon mormons moroccan moroccans moslem",
	"moslems mosque muslim muslims musulman musulmani musulmanii",
	"native negri negrii negru nigerian nigerians nonbinary",
	"pakistani pakistanis palestinian palestinians paraplegic",
	"pavee pensioner pensioners pole poles polish portuguese queer",
	"queers quran refugee refugees refugiat refugiati refugiatii",
	"rom roma romani romanian romanians romanies romany romi romii",
	"romilor romul rrom rroma rromi rromii russian russians",
	"rwandan scottish serb serbian serbs sikh sikhs slovak",
	"slovakian slovaks somali somalis spanish spastic sudanese",
	"swedish syrian syrians tigan tiganca tiganeasca tiganesc",
	"tigani tiganii tiganilor tiganul tinkers trans transgender",
	"transgendered transsexual transwoman transwomen traveler",
	"travelers traveller travellers tunisian turc turci turcii",
	"turk turkish turks ucraineni ucrainenii ugandan ukrainian",
	"ukrainians ungur unguri ungurii venezuelan vietnamese welsh",
	"wheelchair white whites woman women womens yazidi yemeni",
	"zimbabwean zulu",
};

/* Their hashes, open addressing; 0 is a free place. */
#define GROUP_SLOTS	2048
static uint32_t		features_group_table[GROUP_SLOTS];
static pthread_once_t	features_once = PTHREAD_ONCE_INIT;

/* A token while it is read. */
struct features_word {
	char	b[FEATURES_TOKEN_MAX + 4];
	size_t	n;
	size_t	digits, capitals, letters;
};

uint32_t
features_mix(uint32_t a, uint32_t b)
{
	uint32_t h;

	h = (a ^ (b + 0x9e3779b9u + (a << 6) + (a >> 2))) * 0x85ebca6bu;
	h ^= h >> 13;
	h *= 0xc2b2ae35u;
	return (h ^ (h >> 16));
}

float
features_amount(const uint32_t count[FEATURES_COUNTS],
    enum feature_count which)
{
	uint32_t n = count[which];

	if (which != FEATURES_LETTERS)
		return (n > 3 ? 3.0f : (float)n);
	return (n == 0 ? 0.0f : (float)(32 - __builtin_clz(n)) / 3.0f);
}

/* One code point from p[0..n), n > 0; its length in *len. A broken sequence
 * is one byte, as U+FFFD. */
static uint32_t
features_decode(const unsigned char *p, size_t n, size_t *len)
{
	uint32_t	c;
	size_t		i, need;

	*len = 1;
	if (p[0] < 0x80)
		return (p[0]);
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return (0xfffd);
	need = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n < need)
		return (0xfffd);
	c = p[0] & (0xff >> (need + 1));
	for (i = 1; i < need; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return (0xfffd);
		c = c << 6 | (p[i] & 0x3f);
	}
	*len = need;
	return (c);
}

/* The base letter of a code point beyond ASCII, or 0 where it is no Latin
 * letter. */
static char
features_fold(uint32_t c)
{
	char f;

	if (c >= 0xc0 && c < 0xc0 + sizeof(features_latin) - 1) {
		f = features_latin[c - 0xc0];
		return (f == '*' ? 0 : f);
	}
	if (c >= 0x218 && c <= 0x21b)	/* s and t with comma below */
		return (c < 0x21a ? 's' : 't');
	return (0);
}

/* A letter of another script, kept as its bytes. */
static bool
features_foreign(uint32_t c)
{
	return ((c >= 0x180 && c < 0x2000 && !(c >= 0x2b0 && c < 0x370)) ||
	    (c >= 0x2c00 && c < 0x2e00) || (c >= 0x3040 && c < 0xd800) ||
	    (c >= 0xf900 && c < 0xfb50) || (c >= 0xff21 && c < 0xffdd));
}

/* The letter that a digit or sign stands for inside a word, or 0. */
static char
features_leet(unsigned char c)
{
	switch (c) {
	case '@': case '4':
		return ('a');
	case '3':
		return ('e');
	case '1': case '!':
		return ('i');
	case '0':
		return ('o');
	case '$': case '5':
		return ('s');
	case '7':
		return ('t');
	case '*':
		return ('*');
	default:
		return (0);
	}
}

static bool
features_alnum(unsigned char c)
{
	return ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '_');
}

static bool
features_space(unsigned char c)
{
	return (c <= ' ' || c == 0x7f);
}

/* The length of what is skipped at p: a link, an addressed name, a
 * placeholder. 0 where there is none. */
static size_t
features_skip(struct features *f, const char *p, size_t n, bool inside)
{
	static const char *const holders[] = { "URL", "RT", "[NAME]",
	    "[RELIGION]" };
	size_t i, l;

	if (inside || strchr("hw@UR[", *p) == NULL)
		return (0);
	if ((n > 7 && (strncmp(p, "http://", 7) == 0 ||
	    strncmp(p, "https:/", 7) == 0)) ||
	    (n > 4 && strncmp(p, "www.", 4) == 0)) {
		for (l = 0; l < n && !features_space((unsigned char)p[l]); )
			l++;
		f->count[FEATURES_LINKS]++;
		return (l);
	}
	if (*p == '@' && n > 1 && features_alnum((unsigned char)p[1])) {
		for (l = 1; l < n && features_alnum((unsigned char)p[l]); )
			l++;
		f->count[FEATURES_NAMES]++;
		return (l);
	}
	for (i = 0; i < sizeof(holders) / sizeof(*holders); i++) {
		l = strlen(holders[i]);
		if (n >= l && memcmp(p, holders[i], l) == 0 &&
		    (n == l || !features_alnum((unsigned char)p[l]))) {
			if (i == 0)
				f->count[FEATURES_LINKS]++;
			return (l);
		}
	}
	return (0);
}

/* Adds the subwords of "<word>" to the window. */
static void
features_subwords(struct features *f, struct feature_token *t,
    const char *word, size_t n)
{
	char		b[FEATURES_TOKEN_MAX + 6];
	uint32_t	h, mixed;
	size_t		i, k;

	b[0] = '<';
	memcpy(b + 1, word, n);
	b[n + 1] = '>';
	n += 2;
	for (i = 0; i + SUB_MIN <= n; i++) {
		h = 0x811c9dc5u;
		for (k = 0; k < SUB_MAX && i + k < n; k++) {
			h = (h ^ (unsigned char)b[i + k]) * 0x01000193u;
			if (k + 1 < SUB_MIN || f->nsub == FEATURES_SUBS)
				continue;
			mixed = (h + (uint32_t)k) * 0x9e3779b1u;
			f->sub[f->nsub++] = mixed ^ mixed >> 15;
		}
	}
	t->nsub = f->nsub - t->sub;
}

static uint32_t
features_hash(const char *word, size_t n)
{
	uint32_t	h = 0x9747b28cu;
	size_t		i;

	for (i = 0; i < n; i++)
		h = (h ^ (unsigned char)word[i]) * 0x01000193u;
	return (h);
}

/* Where a hash stands in the table of groups, or would. */
static uint32_t
features_group_slot(uint32_t h)
{
	uint32_t i = (h ^ h >> 16) & (GROUP_SLOTS - 1);

	while (features_group_table[i] != 0 && features_group_table[i] != h)
		i = (i + 1) & (GROUP_SLOTS - 1);
	return (i);
}

/* Closes a token of n folded bytes over text[start..end). */
static void
features_emit(struct features *f, const char *word, size_t n, size_t start,
    size_t end)
{
	struct feature_token *t = &f->tok[f->ntok++];

	t->start = (uint32_t)start;
	t->len = (uint32_t)(end - start);
	t->word = features_mix(features_hash(word, n), 0x77);
	t->sub = f->nsub;
	t->nsub = 0;
	if (n > 1)
		features_subwords(f, t, word, n);
}

/* Adds a folded byte; a third equal letter in a row says nothing new. */
static void
features_put(struct features_word *w, char c)
{
	if (w->n >= 2 && w->b[w->n - 1] == c && w->b[w->n - 2] == c)
		return;
	w->b[w->n++] = c;
}

/* Reads the word at text[pos..len) into *w; where it ends. */
static size_t
features_word(struct features_word *w, const unsigned char *p, size_t pos,
    size_t len)
{
	uint32_t	c;
	size_t		l, i;
	char		folded;

	memset(w, 0, sizeof(*w));
	while (pos < len && w->n < FEATURES_TOKEN_MAX) {
		if ((p[pos] | 32) >= 'a' && (p[pos] | 32) <= 'z') {
			w->letters++;	/* most of most texts */
			w->capitals += p[pos] < 'a';
			features_put(w, (char)(p[pos++] | 32));
			continue;
		}
		c = features_decode(p + pos, len - pos, &l);
		if ((folded = features_fold(c)) != 0) {
			w->letters++;
			features_put(w, folded);
		} else if (c >= '0' && c <= '9') {
			w->digits++;
			features_put(w, (char)c);
		} else if (features_foreign(c)) {
			w->letters++;
			for (i = 0; i < l; i++)
				w->b[w->n++] = (char)p[pos + i];
		} else if (w->n > 0 && c < 0x80 && pos + 1 < len &&
		    features_leet((unsigned char)c) != 0 &&
		    features_alnum(p[pos + 1])) {
			features_put(w, (char)c);
		} else if (w->n == 0 || (c != '\'' && c != 0x2019 &&
		    c != 0xad && c != 0x200b && c != 0x200d))
			break;
		pos += l;
	}
	return (pos);
}

/* Puts letters back for the digits and signs inside a word. */
static void
features_unleet(struct features_word *w)
{
	size_t	i;
	char	c;

	if (w->letters == 0) {
		w->b[0] = '0';		/* a number is a number */
		w->b[1] = w->n < 3 ? '1' : w->n == 4 ? '4' : '9';
		w->n = 2;
		return;
	}
	for (i = 0; i < w->n; i++)
		if ((c = features_leet((unsigned char)w->b[i])) != 0)
			w->b[i] = c;
}

/* Is the dot at p[pos] inside the name of a host? */
static bool
features_host(const unsigned char *p, size_t pos, size_t len)
{
	static const char *const tops[] = { "com", "net", "org", "info", "biz",
	    "tv", "ly", "me", "ro", "uk", "tk", "co", "ru", "cn", "xyz", "top",
	    "online", "shop", "site", "club" };
	size_t i, l;

	if (pos == 0 || !features_alnum(p[pos - 1]))
		return (false);
	for (i = 0; i < sizeof(tops) / sizeof(*tops); i++) {
		l = strlen(tops[i]);
		if (len - pos - 1 >= l && strncasecmp((const char *)p + pos + 1,
		    tops[i], l) == 0 && (len - pos - 1 == l ||
		    !features_alnum(p[pos + 1 + l])))
			return (true);
	}
	return (false);
}

static void
features_groups_fill(void)
{
	const char	*p, *end;
	uint32_t	 h;
	size_t		 l;

	for (l = 0; l < sizeof(features_groups) / sizeof(*features_groups);
	    l++)
		for (p = features_groups[l]; *p != '\0'; p = end) {
			end = p + strcspn(p, " ");
			h = features_hash(p, (size_t)(end - p));
			features_group_table[features_group_slot(h)] = h;
			end += *end == ' ';
		}
}

/* Reads the name of a group of people as the one word for all of them. */
static void
features_group(struct features *f, struct features_word *w)
{
	uint32_t h;

	if (w->n < 3)
		return;
	h = features_hash(w->b, w->n);
	if (features_group_table[features_group_slot(h)] != h)
		return;
	memcpy(w->b, "#group", 6);	/* no word has such a sign */
	w->n = 6;
	f->count[FEATURES_GROUPS]++;
}

/* A mark at p[pos]: tone and pictures are tokens, the rest is not. */
static size_t
features_mark(struct features *f, const unsigned char *p, size_t pos,
    size_t len)
{
	uint32_t	c;
	size_t		l, end;

	c = features_decode(p + pos, len - pos, &l);
	end = pos + l;
	f->count[FEATURES_MONEY] += c == '$' || c == 0xa3 || c == 0x20ac;
	f->count[FEATURES_LINKS] += c == '.' && features_host(p, pos, len);
	if (c == 0x201c || c == 0x201d)
		features_emit(f, "\"", 1, pos, end);
	else if (c == '.' || c == '!' || c == '?' || c == '"' || c == ':') {
		while (end < len && p[end] == p[pos])
			end++;
		features_emit(f, (const char *)p + pos, 1, pos, end);
	} else if (c >= 0x2190 && c != 0xfe0f && c != 0xfffd)
		features_emit(f, (const char *)p + pos, l, pos, end);
	return (end);
}

size_t
features_read(struct features *f, const char *text, size_t pos, size_t len)
{
	const unsigned char	*p = (const unsigned char *)text;
	struct features_word	 w;
	size_t			 end, skip;

	(void)pthread_once(&features_once, features_groups_fill);
	f->ntok = f->nsub = 0;
	memset(f->count, 0, sizeof(f->count));
	while (pos < len && f->ntok < FEATURES_TOKENS) {
		if (features_space(p[pos])) {
			pos++;
			continue;
		}
		skip = features_skip(f, text + pos, len - pos,
		    pos > 0 && features_alnum(p[pos - 1]));
		if (skip > 0) {
			pos += skip;
			continue;
		}
		end = features_word(&w, p, pos, len);
		if (w.n == 0) {
			pos = features_mark(f, p, pos, len);
			continue;
		}
		f->count[FEATURES_DIGITS] += w.digits > 0;
		f->count[FEATURES_NUMBERS] += w.digits > 4;
		f->count[FEATURES_CAPITALS] += w.letters > 2 &&
		    w.capitals == w.letters;
		f->count[FEATURES_LETTERS] += (uint32_t)w.letters;
		features_unleet(&w);
		features_group(f, &w);
		features_emit(f, w.b, w.n, pos, end);
		pos = end;
	}
	return (pos);
}
