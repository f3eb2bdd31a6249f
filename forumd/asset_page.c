/*
 * The files that pages link to, out of the program itself. Their address has
 * the build's name in it, so that they may be kept for ever.
 */
#include <string.h>

#include "forumd/assets.h"
#include "forumd/handlers.h"

#define IMMUTABLE	"public, max-age=31536000, immutable"

static const struct asset *
asset_find(const char *dir, const char *name, size_t len)
{
	const struct asset	*a;
	size_t			 n = strlen(dir);

	for (a = assets; a->name != NULL; a++) {
		if (strncmp(a->name, dir, n) == 0 &&
		    strlen(a->name + n) == len &&
		    memcmp(a->name + n, name, len) == 0)
			return a;
	}
	return NULL;
}

static int
asset_send(struct request *rq, const struct asset *a, const char *caching,
    struct err *err)
{
	if (a == NULL)
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "There is no such file");
	rq->type = a->type;
	rq->caching = caching;
	rq->thread = 0;
	buf_add(&rq->out, a->data, a->len);
	return 0;
}

/* /assets/<build>/<name>; another build's address gives this one's file, but
 * not to be kept. */
int
asset_page(struct request *rq, struct err *err)
{
	static const char	 prefix[] = "/assets/";
	const char		*p, *end, *slash;
	const struct asset	*a;
	bool			 ours;

	p = rq->http->path.p + sizeof(prefix) - 1;
	end = rq->http->path.p + rq->http->path.len;
	if (p > end || (slash = memchr(p, '/', (size_t)(end - p))) == NULL)
		return err_set(err, ERR_NOT_FOUND, NULL,
		    "There is no such file");
	ours = strlen(rq->server->build) == (size_t)(slash - p) &&
	    memcmp(rq->server->build, p, (size_t)(slash - p)) == 0;
	p = slash + 1;
	if ((a = asset_find("web/", p, (size_t)(end - p))) == NULL &&
	    end - p > 8 && memcmp(p, "locales/", 8) == 0)
		a = asset_find("conf/", p, (size_t)(end - p));
	return asset_send(rq, a, ours ? IMMUTABLE : NULL, err);
}

/* A news page about the seeds that has a thread in it. */
int
asset_demo(struct request *rq, struct err *err)
{
	return asset_send(rq, asset_find("web/", "demo.html", 9), NULL, err);
}

/* For news pages: a fixed address, asked for anew each hour. */
int
asset_embed(struct request *rq, struct err *err)
{
	return asset_send(rq, asset_find("web/", "embed.js", 8),
	    "public, max-age=3600", err);
}
