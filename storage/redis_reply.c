/*
 * Looking at replies: nothing is assumed of them, not even their type.
 * See redis.h.
 */
#include <stdlib.h>
#include <string.h>

#include "storage/redis_int.h"

/* What the words that begin an error reply mean to us. `away`: this node is
 * of no use at present, perhaps another is. */
static const struct redis_reply_word {
	const char	*word;
	bool		 away;
	const char	*text;
} redis_reply_words[] = {
	{ "LOADING", true, "Redis is still loading its data" },
	{ "READONLY", true, "Redis has made this node a replica" },
	{ "CLUSTERDOWN", true, "The Redis Cluster is down" },
	{ "MASTERDOWN", true, "The Redis master is down" },
	{ "OOM", false, "Redis has no memory left" },
	{ "MISCONF", false, "Redis cannot write to its disk" },
	{ "NOREPLICAS", false, "Redis has too few replicas" },
	{ "TRYAGAIN", false, "Redis is moving the forum to another node" },
	{ "BUSY", false, "Redis is busy with a script" },
	{ "NOAUTH", true, "Redis wants a user and password" },
	{ "WRONGPASS", true, "Redis refuses the user or password" },
	{ "NOPERM", false, "The Redis user lacks a permission" },
	{ "CROSSSLOT", false, "The keys lie in different slots" },
};

void
redis_reply_free(struct redis_reply **reply)
{
	struct redis_reply	*r = *reply;
	size_t			 i;

	if (r == NULL)
		return;
	for (i = 0; i < r->n; i++)
		redis_reply_free(&r->element[i]);
	free(r->element);
	free(r->str);
	free(r);
	*reply = NULL;
}

bool
redis_is(const struct redis_reply *reply, enum redis_type type)
{
	return reply != NULL && reply->type == type;
}

const struct redis_reply *
redis_at(const struct redis_reply *a, size_t i, enum redis_type type)
{
	if (!redis_is(a, REDIS_ARRAY) || i >= a->n ||
	    !redis_is(a->element[i], type))
		return NULL;
	return a->element[i];
}

bool
redis_equals(const struct redis_reply *reply, const char *text)
{
	return (redis_is(reply, REDIS_STRING) ||
	    redis_is(reply, REDIS_STATUS)) &&
	    reply->len == strlen(text) &&
	    memcmp(reply->str, text, reply->len) == 0;
}

int
redis_number(const struct redis_reply *reply, uint64_t *out)
{
	uint64_t	v = 0;
	size_t		i;

	if (redis_is(reply, REDIS_INTEGER)) {
		*out = reply->integer;
		return reply->integer < 0 ? -1 : 0;
	}
	if (!redis_is(reply, REDIS_STRING) || reply->len == 0 ||
	    reply->len > 18)
		return -1;
	for (i = 0; i < reply->len; i++) {
		if (reply->str[i] < '0' || reply->str[i] > '9')
			return -1;
		v = v * 10 + (reply->str[i] - '0');
	}
	*out = v;
	return 0;
}

bool
redis_reply_error(const struct redis_reply *reply, struct err *err)
{
	const struct redis_reply_word	*w;
	size_t				 i, len;

	for (i = 0; i < sizeof(redis_reply_words) /
	    sizeof(redis_reply_words[0]); i++) {
		w = &redis_reply_words[i];
		len = strlen(w->word);
		if (reply->len > len && reply->str[len] == ' ' &&
		    memcmp(reply->str, w->word, len) == 0) {
			err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "%s",
			    w->text);
			return w->away;
		}
	}
	err_set(err, ERR_STORAGE_UNAVAILABLE, NULL, "Redis refused: %.100s",
	    reply->str);
	return false;
}
