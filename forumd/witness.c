/*
 * Witnesses. See witness.h.
 *
 * One thread paces the rounds, and each witness has a thread, because each
 * may hang. What a witness has signed last is remembered here only as a
 * guess: after a restart it is 0, and the witness itself says (409) from
 * which size it wants the proof.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "forumd/settings.h"
#include "forumd/witness.h"
#include "storage/base/clock.h"
#include "storage/base/fetch.h"
#include "storage/base/log.h"
#include "storage/ledger.h"
#include "storage/store.h"

#define WITNESS_MAX		16
#define WITNESS_ROUND_MS	3000	/* for all to answer */
#define WITNESS_PACE_MS		1000	/* between two rounds, at least */
#define WITNESS_RETRY_MS	10000	/* where not all have signed */
#define WITNESS_AGAIN_MS	600000	/* a signature's time is renewed */
#define WITNESS_TRIES		3	/* of one round, each told by a 409 */
#define WITNESS_ANSWER		65536	/* bytes */

struct witness {
	struct witnesses	*all;
	struct note_key		 key;
	char			 url[500];
	pthread_t		 thread;
	bool			 started;
	/* The thread's own. */
	struct db		*db;
	struct fetch		*fetch;
	uint64_t		 round;		/* last one taken part in */
	uint64_t		 signed_size;	/* a guess */
	/* Under lock. */
	bool			 failing;	/* told already */
	bool			 awaited;	/* this round waits for it */
};

/* A head as we signed it, and the cosignatures that have come in for it. */
struct witness_head {
	uint64_t	size;
	struct buf	note, lines;
	bool		by[WITNESS_MAX];
	size_t		signatures;
};

struct witnesses {
	struct witness		 list[WITNESS_MAX];
	size_t			 n;
	size_t			 quorum;
	const char		*dir, *origin;	/* the server's */
	witnesses_elsewhere	*elsewhere;
	void			*arg;		/* its */
	struct db		*db;		/* the pacing thread's */
	pthread_t		 thread;
	bool			 started;
	pthread_mutex_t		 lock;
	pthread_cond_t		 wake;		/* the pacing thread */
	pthread_cond_t		 begun;		/* the witnesses' threads */
	/* Under lock. */
	bool			 poked, ending;
	bool			 open;		/* a round is */
	uint64_t		 round;
	size_t			 waiting;	/* those awaited still */
	struct witness_head	 now, shown;
	uint64_t		 witnessed;
};

/* ---- one submission ---- */

/* A hash of the tree, out of the tiles. */
struct witness_tree { struct db *db; uint64_t start, size; };

static int
witness_hash(void *arg, unsigned int level, uint64_t index, struct hash *h)
{
	struct witness_tree	*tree = arg;
	struct merkle_tile	 t;
	struct buf		 b = BUF_INIT;
	size_t			 at = index % MERKLE_TILE_WIDTH * HASH_LEN;
	int			 rc = -1;

	t.level = (int)(level / 8);
	t.number = index / MERKLE_TILE_WIDTH;
	t.width = merkle_tile_width(tree->size, t.level, t.number);
	if (t.width > 0 && ledger_read_tile(tree->db, tree->start,
	    tree->size, &t, &b, NULL) == 0 && b.len >= at + HASH_LEN) {
		memcpy(h->b, b.data + at, HASH_LEN);
		rc = 0;
	}
	buf_free(&b);
	return rc;
}

/* "old N", the proof, an empty line, the checkpoint. */
static int
witness_body(struct witness *w, uint64_t old, const struct witness_head *head,
    struct buf *out, struct err *err)
{
	struct witness_tree	tree = { w->db, 0, head->size };
	struct ledger_log	log;
	struct merkle_tiles	tiles = { witness_hash, &tree };
	struct merkle_proof	proof = { .n = 0 };
	size_t			i;

	if (ledger_read_log(w->db, LEDGER_NEWEST, &log, err) != 0)
		return -1;
	tree.start = log.start;
	if (old > 0 && merkle_prove_consistency(old, head->size,
	    merkle_tiles_read, &tiles, &proof) != 0)
		return err_set(err, ERR_INTERNAL, NULL,
		    "no proof from %llu to %llu", (unsigned long long)old,
		    (unsigned long long)head->size);
	buf_addf(out, "old %llu\n", (unsigned long long)old);
	for (i = 0; i < proof.n; i++) {
		buf_base64(out, proof.hash[i].b, HASH_LEN);
		buf_addc(out, '\n');
	}
	buf_addc(out, '\n');
	buf_add(out, head->note.data, head->note.len);
	return buf_failed(out) ? err_set(err, ERR_OVERLOADED, NULL,
	    "Out of memory") : 0;
}

/* The size in a 409's body; -1 for anything but a decimal number. */
static int
witness_conflict(struct buf *body, uint64_t *size)
{
	const char	*s = buf_str(body);
	char		*end;

	if (s[0] < '0' || s[0] > '9' || (s[0] == '0' && s[1] != '\n') ||
	    body->len > 20)
		return -1;
	*size = strtoull(s, &end, 10);
	return *end == '\n' && end[1] == '\0' ? 0 : -1;
}

/* The witness's own line out of its answer, if it is good for the head. */
static int
witness_line(const struct witness *w, const struct witness_head *head,
    const struct buf *answer, struct buf *line, struct err *err)
{
	struct buf	all = BUF_INIT;
	struct note	n;
	size_t		i;
	int		rc = -1;

	buf_add(&all, head->note.data, head->note.len);
	buf_add(&all, answer->data, answer->len);
	if (buf_failed(&all) || note_parse(&n, all.data, all.len, err) != 0 ||
	    note_verify(&n, &w->key, NULL) != NOTE_GOOD) {
		buf_free(&all);
		return err_set(err, ERR_OUTCOME_UNKNOWN, NULL,
		    "its answer holds no good signature");
	}
	for (i = 0; i < n.n && rc != 0; i++) {
		if (n.signature[i].id != w->key.id ||
		    n.signature[i].name_len != strlen(w->key.name) ||
		    memcmp(n.signature[i].name, w->key.name,
		    n.signature[i].name_len) != 0)
			continue;
		buf_addf(line, "\xe2\x80\x94 %s %.*s\n", w->key.name,
		    (int)n.signature[i].base64_len, n.signature[i].base64);
		rc = 0;
	}
	buf_free(&all);
	return rc;
}

/* Asks once. 0: signed; 1: to be asked again from w->signed_size; -1. */
static int
witness_ask(struct witness *w, const struct witness_head *head,
    struct buf *line, struct err *err)
{
	struct fetch_response	r = FETCH_RESPONSE_INIT;
	struct fetch_request	q = { .url = w->url, .post = true,
				    .timeout_ms = WITNESS_ROUND_MS,
				    .max_bytes = WITNESS_ANSWER };
	struct buf		body = BUF_INIT;
	int			rc;

	rc = witness_body(w, w->signed_size, head, &body, err);
	q.body = body.data;
	q.body_len = body.len;
	if (rc == 0)
		rc = fetch_http(w->fetch, &q, &r, err);
	if (rc == 0 && r.status == 200) {
		if ((rc = witness_line(w, head, &r.body, line, err)) == 0)
			w->signed_size = head->size;
	} else if (rc == 0 && r.status == 409 &&
	    witness_conflict(&r.body, &w->signed_size) == 0) {
		rc = 1;
		if (w->signed_size > head->size)
			rc = err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "it has signed %llu entries, we have %llu: this "
			    "record has been cut back",
			    (unsigned long long)w->signed_size,
			    (unsigned long long)head->size);
		/* What it has beyond us is no place to prove from. */
		if (rc < 0)
			w->signed_size = 0;
	} else if (rc == 0) {
		rc = err_set(err, ERR_OUTCOME_UNKNOWN, NULL,
		    "it answered %d", r.status);
	}
	fetch_response_free(&r);
	buf_free(&body);
	return rc;
}

/* ---- rounds ---- */

/* Notes what a witness answered: its line (empty: none) goes below the head
 * that it was made for, even if that is shown already. */
static void
witness_answered(struct witness *w, uint64_t size, const struct buf *line)
{
	struct witnesses	*all = w->all;
	struct witness_head	*h = NULL;

	w->failing = line->len == 0;
	if (all->open && w->round == all->round) {
		h = &all->now;
		if (w->awaited && --all->waiting == 0)
			pthread_cond_signal(&all->wake);
	} else if (size == all->shown.size) {
		h = &all->shown;
	}
	if (h != NULL && line->len > 0 && !h->by[w - all->list]) {
		buf_add(&h->lines, line->data, line->len);
		h->by[w - all->list] = true;
		h->signatures++;
		if (h->signatures >= all->quorum && size > all->witnessed)
			all->witnessed = size;
	}
}

static void
witness_take_part(struct witness *w, const struct witness_head *head)
{
	struct buf	line = BUF_INIT;
	struct err	err;
	int		i, rc = 1;

	memset(&err, 0, sizeof(err));
	err_set(&err, ERR_OUTCOME_UNKNOWN, NULL,
	    "it names another size each time");
	for (i = 0; i < WITNESS_TRIES && rc == 1; i++)
		rc = witness_ask(w, head, &line, &err);
	if (rc != 0 && !w->failing)
		log_warn("witness %s: %s", w->key.name, err.text);
	if (rc == 0 && w->failing)
		log_info("witness %s: signs again", w->key.name);
	pthread_mutex_lock(&w->all->lock);
	witness_answered(w, head->size, &line);
	pthread_mutex_unlock(&w->all->lock);
	buf_free(&line);
}

static void *
witness_run(void *arg)
{
	struct witness		*w = arg;
	struct witnesses	*all = w->all;
	struct witness_head	 head;

	memset(&head, 0, sizeof(head));
	for (;;) {
		pthread_mutex_lock(&all->lock);
		while (!all->ending && (!all->open || w->round == all->round))
			pthread_cond_wait(&all->begun, &all->lock);
		if (all->ending) {
			pthread_mutex_unlock(&all->lock);
			break;
		}
		w->round = all->round;
		head.size = all->now.size;
		buf_clear(&head.note);
		buf_add(&head.note, all->now.note.data, all->now.note.len);
		pthread_mutex_unlock(&all->lock);
		witness_take_part(w, &head);
	}
	buf_free(&head.note);
	return NULL;
}

/* ---- pace ---- */

/* Waits until something is asked for or ms are over. Under lock. */
static void
witnesses_wait(struct witnesses *w, int ms)
{
	struct timespec	until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_cond_timedwait(&w->wake, &w->lock, &until);
}

static void
witness_head_move(struct witness_head *to, struct witness_head *from)
{
	buf_free(&to->note);
	buf_free(&to->lines);
	*to = *from;
	memset(from, 0, sizeof(*from));
}

/* One round over the newest head: begun, waited for, shown. Under lock. */
static void
witnesses_round(struct witnesses *w, struct witness_head *head)
{
	int64_t	until = clock_mono_ms() + WITNESS_ROUND_MS;
	size_t	i;

	witness_head_move(&w->now, head);
	w->round++;
	w->open = true;
	/* A witness that failed last time is asked, but not waited for. */
	for (i = 0, w->waiting = 0; i < w->n; i++) {
		w->list[i].awaited = !w->list[i].failing;
		w->waiting += w->list[i].awaited;
	}
	pthread_cond_broadcast(&w->begun);
	while (!w->ending && w->waiting > 0 && clock_mono_ms() < until)
		witnesses_wait(w, (int)(until - clock_mono_ms()) + 1);
	w->open = false;
	witness_head_move(&w->shown, &w->now);
}

/* Shows what the node that asks was given, as far as this one has the
 * entries: false where this node is the one that asks. */
static bool
witnesses_borrow(struct witnesses *w, uint64_t here)
{
	struct witness_head	head;
	int			rc;

	if (w->elsewhere == NULL)
		return false;
	memset(&head, 0, sizeof(head));
	rc = w->elsewhere(w->arg, &head.size, &head.note);
	pthread_mutex_lock(&w->lock);
	if (rc == 0 && head.size >= w->shown.size && head.size <= here)
		witness_head_move(&w->shown, &head);
	/* What it was asked about last is still on its way. */
	if (rc != 1 && w->shown.size < here)
		w->poked = true;
	pthread_mutex_unlock(&w->lock);
	buf_free(&head.note);
	buf_free(&head.lines);
	return rc != 1;
}

static void *
witnesses_run(void *arg)
{
	struct witnesses	*w = arg;
	struct witness_head	 head;
	struct err		 err;
	int64_t			 begun = 0, next;
	bool			 again, borrowed;

	memset(&head, 0, sizeof(head));
	pthread_mutex_lock(&w->lock);
	while (!w->ending) {
		next = begun + (w->poked ? WITNESS_PACE_MS :
		    w->shown.signatures < w->n ? WITNESS_RETRY_MS :
		    WITNESS_AGAIN_MS);
		if (begun != 0 && clock_mono_ms() < next) {
			witnesses_wait(w, (int)(next - clock_mono_ms()));
			continue;
		}
		again = !w->poked;
		w->poked = false;
		begun = clock_mono_ms();
		pthread_mutex_unlock(&w->lock);
		if (ledger_read_head(w->db, w->origin, 0, &head.size,
		    &head.note, &err) != 0)
			head.size = 0;
		borrowed = witnesses_borrow(w, head.size);
		pthread_mutex_lock(&w->lock);
		if (!borrowed && (head.size > w->shown.size || (head.size > 0 &&
		    again)))
			witnesses_round(w, &head);
	}
	pthread_mutex_unlock(&w->lock);
	buf_free(&head.note);
	return NULL;
}

void
witnesses_poke(struct witnesses *w)
{
	pthread_mutex_lock(&w->lock);
	w->poked = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

/* ---- asked ---- */

int
witnesses_head(struct witnesses *w, uint64_t *size, struct buf *note)
{
	int	rc = 1;

	pthread_mutex_lock(&w->lock);
	if (w->shown.size > 0) {
		*size = w->shown.size;
		buf_add(note, w->shown.note.data, w->shown.note.len);
		buf_add(note, w->shown.lines.data, w->shown.lines.len);
		rc = 0;
	}
	pthread_mutex_unlock(&w->lock);
	return rc;
}

uint64_t
witnesses_size(struct witnesses *w)
{
	uint64_t	size;

	pthread_mutex_lock(&w->lock);
	size = w->witnessed;
	pthread_mutex_unlock(&w->lock);
	return size;
}

/* ---- begin and end ---- */

/* "vkey URL". */
static int
witness_add(struct witnesses *all, const char *text, struct err *err)
{
	struct witness	*w = &all->list[all->n];
	size_t		 len = strcspn(text, " ");
	const char	*url = text + len + strspn(text + len, " ");
	size_t		 end = strlen(url);

	if (all->n == WITNESS_MAX)
		return err_set(err, ERR_INVALID_FIELD, "witnesses",
		    "witnesses: %d are the most", WITNESS_MAX);
	if (note_vkey_parse(&w->key, text, len, err) != 0 ||
	    w->key.type != NOTE_COSIGNATURE)
		return err_set(err, ERR_INVALID_FIELD, "witnesses",
		    "witnesses: %.60s is not a witness's key", text);
	if (strncmp(url, "http://", 7) != 0 &&
	    strncmp(url, "https://", 8) != 0)
		return err_set(err, ERR_INVALID_FIELD, "witnesses",
		    "witnesses: the URL of %.60s is missing", w->key.name);
	while (end > 0 && url[end - 1] == '/')
		end--;
	if (end + sizeof("/add-checkpoint") > sizeof(w->url))
		return err_set(err, ERR_INVALID_FIELD, "witnesses",
		    "witnesses: the URL of %.60s is too long", w->key.name);
	snprintf(w->url, sizeof(w->url), "%.*s/add-checkpoint", (int)end,
	    url);
	w->all = all;
	if (store_reader(&w->db, all->dir, err) != 0)
		return -1;
	all->n++;
	if ((w->fetch = fetch_new()) == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	return 0;
}

static int
witnesses_start(struct witnesses *w, struct err *err)
{
	size_t	i;

	if (store_reader(&w->db, w->dir, err) != 0)
		return -1;
	for (i = 0; i < w->n; i++) {
		if (pthread_create(&w->list[i].thread, NULL, witness_run,
		    &w->list[i]) != 0)
			return err_set(err, ERR_OVERLOADED, NULL,
			    "No thread for a witness");
		w->list[i].started = true;
	}
	if (pthread_create(&w->thread, NULL, witnesses_run, w) != 0)
		return err_set(err, ERR_OVERLOADED, NULL,
		    "No thread for the witnesses");
	w->started = true;
	return 0;
}

int
witnesses_open(struct witnesses **out, const struct settings *set,
    const char *dir, const char *origin, witnesses_elsewhere *elsewhere,
    void *arg, struct err *err)
{
	struct witnesses	*w;
	pthread_condattr_t	 mono;
	const char		*text;
	int			 rc = 0;

	*out = NULL;
	if (settings_item(set, "witnesses", 0) == NULL)
		return 0;
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return err_set(err, ERR_OVERLOADED, NULL, "Out of memory");
	w->dir = dir;
	w->origin = origin;
	w->elsewhere = elsewhere;
	w->arg = arg;
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &mono);
	pthread_condattr_destroy(&mono);
	pthread_cond_init(&w->begun, NULL);
	while (rc == 0 && (text = settings_item(set, "witnesses", w->n)) !=
	    NULL)
		rc = witness_add(w, text, err);
	w->quorum = (size_t)settings_int(set, "quorum");
	if (rc == 0 && w->quorum > w->n)
		rc = err_set(err, ERR_INVALID_FIELD, "quorum",
		    "quorum: there are only %zu witnesses", w->n);
	if (w->quorum == 0)
		w->quorum = 1;
	if (rc == 0)
		rc = witnesses_start(w, err);
	*out = w;
	if (rc != 0)
		witnesses_close(out);
	return rc;
}

void
witnesses_close(struct witnesses **wp)
{
	struct witnesses	*w = *wp;
	size_t			 i;

	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_broadcast(&w->begun);
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	if (w->started)
		pthread_join(w->thread, NULL);
	for (i = 0; i < w->n; i++) {
		if (w->list[i].started)
			pthread_join(w->list[i].thread, NULL);
		fetch_free(&w->list[i].fetch);
		db_close(&w->list[i].db);
	}
	db_close(&w->db);
	buf_free(&w->now.note);
	buf_free(&w->now.lines);
	buf_free(&w->shown.note);
	buf_free(&w->shown.lines);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->wake);
	pthread_cond_destroy(&w->begun);
	free(w);
	*wp = NULL;
}
