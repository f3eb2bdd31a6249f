/*
 * Figures for editors, as JSON or CSV. What is asked for is read while the
 * request's bytes are there; the figures are computed on a worker.
 */
#include <string.h>

#include "forumd/api_stats.h"
#include "forumd/handlers.h"
#include "storage/base/clock.h"

static int
api_stats_bound(struct request *rq, const char *name, bool end, int64_t *out,
    struct err *err)
{
	char	text[40];
	int	got = request_param(rq, name, text, sizeof(text), err);

	*out = 0;
	if (got < 0)
		return -1;
	/* An empty field of a form is none. */
	if (got == 0 || text[0] == '\0' || stats_time(text, end, out) == 0)
		return 0;
	return err_set(err, ERR_INVALID_FIELD, name, "%s is a time like "
	    "2026-11-22 or 2026-11-22T10:15:00Z", name);
}

static int
api_stats_format(struct request *rq, bool *csv, struct err *err)
{
	char	word[8];

	if (request_param(rq, "format", word, sizeof(word), err) < 0)
		return -1;
	*csv = word[0] == '\0' ? api_accepts(rq, "text/csv") :
	    strcmp(word, "csv") == 0;
	if (word[0] != '\0' && !*csv && strcmp(word, "json") != 0)
		return err_set(err, ERR_INVALID_FIELD, "format",
		    "format is json or csv");
	return 0;
}

/* ?section=, of which there is a thread; NULL: none was named. */
static int
api_stats_section(struct request *rq, char out[100], struct err *err)
{
	int	got = request_param(rq, "section", out, 100, err);

	if (got <= 0 || out[0] == '\0')
		return got < 0 ? -1 : 0;
	if (db_int(rq->db, 0, "SELECT 1 FROM thread WHERE section = ? LIMIT 1",
	    "s", out) == 0)
		return err_set(err, ERR_INVALID_FIELD, "section",
		    "No thread is of this section");
	return 0;
}

int
api_stats_ask(struct request *rq, const char *slug, struct err *err)
{
	struct stats_ask	ask;
	struct thread_row	t;
	char			word[8], section[100] = "";
	bool			csv;
	int			b = PROJECT_DAY;

	memset(&ask, 0, sizeof(ask));
	t.num = 0;
	if (slug != NULL && lookup_thread(rq->db, slug, &t, err) != 0)
		return -1;
	if (request_param(rq, "bucket", word, sizeof(word), err) < 0 ||
	    api_stats_bound(rq, "from", false, &ask.from, err) != 0 ||
	    api_stats_bound(rq, "to", true, &ask.to, err) != 0 ||
	    (slug == NULL && api_stats_section(rq, section, err) != 0) ||
	    api_stats_format(rq, &csv, err) != 0)
		return -1;
	if (word[0] != '\0' && (b = stats_bucket_find(word)) < 0)
		return err_set(err, ERR_INVALID_FIELD, "bucket",
		    "bucket is hour, day, week or month");
	ask.thread = t.num;
	ask.section = section[0] != '\0' ? section : NULL;
	ask.bucket = (enum project_bucket)b;
	if (stats_range(rq->db, &ask, clock_ms(), err) != 0)
		return -1;
	rq->body = json_pack("{s:I, s:I, s:I, s:i, s:b, s:s*}", "thread",
	    (json_int_t)ask.thread, "from", (json_int_t)ask.from, "to",
	    (json_int_t)ask.to, "bucket", b, "csv", (int)csv,
	    "section", ask.section);
	return rq->body != NULL ? 0 : err_set(err, ERR_OVERLOADED, NULL,
	    "Out of memory");
}

int
api_stats_asked(struct request *rq, struct arena *a, struct stats_ask *ask,
    struct err *err)
{
	struct stmt	*s;
	json_int_t	 thread, from, to;
	int		 b;

	memset(ask, 0, sizeof(*ask));
	if (json_unpack(rq->body, "{s:I, s:I, s:I, s:i}", "thread", &thread,
	    "from", &from, "to", &to, "bucket", &b) != 0)
		return err_set(err, ERR_INTERNAL, NULL,
		    "What was asked for is lost");
	ask->thread = thread;
	ask->from = from;
	ask->to = to;
	ask->bucket = (enum project_bucket)b;
	ask->section = arena_str(a, json_string_value(json_object_get(
	    rq->body, "section")));
	if (thread == 0)
		return 0;
	s = db_query(rq->db, "SELECT slug, title FROM thread WHERE num = ?",
	    "i", ask->thread);
	if (stmt_step(s) == 1) {
		ask->slug = arena_str(a, stmt_text(s, 0));
		ask->title = arena_str(a, stmt_text(s, 1));
	}
	return stmt_done(s, err);
}

/* Says what it is; true where it is to be CSV. */
static bool
api_stats_csv(struct request *rq, const char *name)
{
	if (!json_is_true(json_object_get(rq->body, "csv")))
		return false;
	rq->type = "text/csv; charset=utf-8; header=present";
	buf_addf(&rq->head, "Content-Disposition: attachment; "
	    "filename=\"%s.csv\"\r\n", name);
	return true;
}

static int
api_stats_volume_work(struct request *rq, struct err *err)
{
	struct arena		a = ARENA_INIT;
	struct stats_ask	ask;
	struct stats		s;
	int			rc = -1;

	if (api_stats_asked(rq, &a, &ask, err) == 0 &&
	    (rc = stats_read(&a, rq->db, &ask, &s, err)) == 0) {
		if (api_stats_csv(rq, ask.thread != 0 ? "thread" :
		    ask.section != NULL ? "section" : "site"))
			stats_csv(&rq->out, &s);
		else
			stats_json(&rq->out, &s);
	}
	arena_free(&a);
	return rc;
}

static int
api_stats_moderation_work(struct request *rq, struct err *err)
{
	struct arena		a = ARENA_INIT;
	struct stats_ask	ask;
	struct stats_moderation	m;
	int			rc = -1;

	if (api_stats_asked(rq, &a, &ask, err) == 0 &&
	    (rc = stats_moderation_read(&a, rq->db, &ask, &m, err)) == 0) {
		if (api_stats_csv(rq, "moderation"))
			stats_moderation_csv(&rq->out, &m);
		else
			stats_moderation_json(&rq->out, &m);
	}
	arena_free(&a);
	return rc;
}

int
api_stats_thread(struct request *rq, struct err *err)
{
	return api_stats_ask(rq, rq->param[0], err) != 0 ? -1 :
	    request_work(rq, api_stats_volume_work, err);
}

int
api_stats_site(struct request *rq, struct err *err)
{
	return api_stats_ask(rq, NULL, err) != 0 ? -1 :
	    request_work(rq, api_stats_volume_work, err);
}

/* Of one thread alone with ?thread=. */
int
api_stats_moderation(struct request *rq, struct err *err)
{
	char	slug[100];
	int	got = request_param(rq, "thread", slug, sizeof(slug), err);

	if (got < 0 || api_stats_ask(rq, got == 1 && slug[0] != '\0' ? slug :
	    NULL, err) != 0)
		return -1;
	return request_work(rq, api_stats_moderation_work, err);
}
