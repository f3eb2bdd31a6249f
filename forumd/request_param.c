/*
 * What handlers ask of a request: parameters, fields, and the ends of an
 * answer. See request.h for the contract.
 */
#include <stdlib.h>
#include <string.h>

#include "forumd/request.h"
#include "storage/base/unicode.h"

int
request_param(struct request *rq, const char *name, char *out, size_t size,
    struct err *err)
{
	size_t	len;
	int	got = http_param(rq->http->query, name, out, size, &len);

	if (got < 0 || (got == 1 && unicode_count(out, len) < 0))
		return err_set(err, ERR_INVALID_FIELD, name,
		    "%s stands there twice, is too long or cannot be read",
		    name);
	if (got == 0)
		out[0] = '\0';
	return got;
}

int
request_number(struct request *rq, const char *name, int64_t min, int64_t max,
    int64_t otherwise, int64_t *out, struct err *err)
{
	char	text[24], *end;
	int	got = request_param(rq, name, text, sizeof(text), err);

	*out = otherwise;
	if (got <= 0)
		return got;
	*out = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || text[0] == '+' || text[0] == ' ' ||
	    *out < min || *out > max)
		return err_set(err, ERR_INVALID_FIELD, name,
		    "%s is a whole number from %lld to %lld", name,
		    (long long)min, (long long)max);
	return 0;
}

int
request_paging(struct request *rq, int *limit, char *after, size_t size,
    struct err *err)
{
	int64_t	n;

	if (request_number(rq, "limit", 1, 500, 100, &n, err) != 0)
		return -1;
	*limit = (int)n;
	return request_param(rq, "after", after, size, err) < 0 ? -1 : 0;
}

const char *
request_field(const struct request *rq, const char *name)
{
	return json_string_value(json_object_get(rq->body, name));
}

void
request_object(struct request *rq)
{
	buf_addc(&rq->out, '{');
}

void
request_object_end(struct request *rq)
{
	buf_addc(&rq->out, '}');
}

void
request_redirect(struct request *rq, const char *path)
{
	rq->status = 303;
	buf_addf(&rq->head, "Location: %s\r\n", path);
}
