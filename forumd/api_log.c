/*
 * The public record: decisions as a list, one entry with leaf and proof, and
 * the tiles and heads that checking programs read (c2sp.org/tlog-tiles).
 */
#include <pthread.h>
#include <string.h>

#include "forumd/handlers.h"
#include "forumd/log_view.h"
#include "forumd/witness.h"
#include "storage/base/clock.h"

#define IMMUTABLE	"public, max-age=31536000, immutable"

int
api_log(struct request *rq, struct err *err)
{
	struct log_ask		 ask;
	struct log_entry	*list;
	struct view		 v;
	size_t			 i, n;
	int			 rc;

	if (log_ask(rq, &ask, err) != 0)
		return -1;
	api_view(rq, &v);
	if ((rc = log_page(rq, &v, &ask, &list, &n, err)) == 0) {
		request_object(rq);
		buf_key(&rq->out, "entries");
		buf_addc(&rq->out, '[');
		for (i = 0; i < n; i++) {
			buf_adds(&rq->out, i > 0 ? ",{" : "{");
			log_entry_json(&rq->out, &list[i]);
			buf_addc(&rq->out, '}');
		}
		buf_addc(&rq->out, ']');
		api_next(&rq->out, v.next);
		request_object_end(rq);
	}
	view_free(&v);
	return rc;
}

int
api_log_entry(struct request *rq, struct err *err)
{
	struct log_entry	 e;
	struct buf		 leaf = BUF_INIT, proof = BUF_INIT;
	struct view		 v;
	int64_t			 index;
	int			 rc;

	if (!api_index(rq->param[0], &index))
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "The record has no such entry");
	api_view(rq, &v);
	rc = log_entry(&v, index, &e, err);
	if (rc == 0)
		rc = ledger_read_leaf(rq->db, (uint64_t)index, &leaf, err);
	if (rc == 0)
		rc = ledger_read_proof(rq->db, rq->server->origin,
		    (uint64_t)index, &proof, err);
	if (rc == 0) {
		request_object(rq);
		log_entry_json(&rq->out, &e);
		buf_key(&rq->out, "leaf");
		buf_addc(&rq->out, '"');
		buf_base64(&rq->out, leaf.data, leaf.len);
		buf_addc(&rq->out, '"');
		buf_key(&rq->out, "proof");
		buf_json(&rq->out, proof.data, proof.len);
		request_object_end(rq);
	}
	buf_free(&leaf);
	buf_free(&proof);
	view_free(&v);
	return rc;
}

/* ---- tiles ---- */

/* The head shown to the world moves at most once a second, and for all loops
 * together: a reader must never see it go back. Tiles are given for what it
 * covers and no further. */
static struct {
	pthread_mutex_t	lock;
	int64_t		at;		/* mono ms */
	uint64_t	size;
	char		note[4096];
} ledger_head = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* The newest head; with witnesses, the newest that they were asked about. */
static int
ledger_newest(struct request *rq, uint64_t *size, struct buf *note,
    struct err *err)
{
	if (rq->server->witnesses != NULL &&
	    witnesses_head(rq->server->witnesses, size, note) == 0)
		return 0;
	return ledger_read_head(rq->db, rq->server->origin, 0, size, note,
	    err);
}

/* Its size, and its note added to out (which may be NULL). */
static int
ledger_shown(struct request *rq, uint64_t *size, struct buf *out,
    struct err *err)
{
	struct buf	note = BUF_INIT;
	int64_t		now = clock_mono_ms();
	int		rc = 0;

	pthread_mutex_lock(&ledger_head.lock);
	if (ledger_head.at == 0 || now - ledger_head.at >= 1000) {
		rc = ledger_newest(rq, size, &note, err);
		if (rc == 0 && note.len < sizeof(ledger_head.note) &&
		    *size >= ledger_head.size) {
			memcpy(ledger_head.note, buf_str(&note),
			    note.len + 1);
			ledger_head.size = *size;
			ledger_head.at = now;
		}
	}
	*size = ledger_head.size;
	if (out != NULL)
		buf_adds(out, ledger_head.note);
	if (rc >= 0)
		rc = ledger_head.at != 0 ? 0 : err_set(err, ERR_NOT_FOUND,
		    NULL, "Nothing has been signed yet");
	pthread_mutex_unlock(&ledger_head.lock);
	buf_free(&note);
	return rc;
}

int
ledger_checkpoint(struct request *rq, struct err *err)
{
	uint64_t	size;

	rq->type = "text/plain; charset=utf-8";
	rq->caching = "public, max-age=1";
	return ledger_shown(rq, &size, &rq->out, err);
}

int
ledger_tile(struct request *rq, struct err *err)
{
	static const char	 prefix[] = "/ledger/";
	struct http_span	 path = rq->http->path;
	struct merkle_tile	 t;
	uint64_t		 size;

	if (path.len < sizeof(prefix) || merkle_tile_parse(&t, path.p +
	    sizeof(prefix) - 1, path.len - (sizeof(prefix) - 1)) != 0)
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "The record has no such tile");
	if (ledger_shown(rq, &size, NULL, err) != 0)
		return -1;
	rq->type = "application/octet-stream";
	rq->caching = IMMUTABLE;
	return ledger_read_tile(rq->db, size, &t, &rq->out, err);
}

int
ledger_vkey(struct request *rq, struct err *err)
{
	(void)err;
	rq->type = "text/plain; charset=utf-8";
	rq->caching = "public, max-age=60";
	buf_adds(&rq->out, rq->server->vkey);
	buf_addc(&rq->out, '\n');
	return 0;
}
