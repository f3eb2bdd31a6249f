/*
 * The journal's stream in Redis: everything that writes. See
 * sequencer_redis.h for the keys and contracts.
 *
 * Each script answers an array: a word (OK, CONFLICT, ABSENT, FOREIGN) and
 * what belongs to it. It checks everything before its first write, and its
 * first write is the one that could fail, so an error means that nothing was
 * changed. Redis runs a script alone and passes its writes on, to replicas
 * and to its file, as one transaction.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/event.h"
#include "storage/sequencer_redis_int.h"

#define SEQUENCER_WAIT_MS	1000
#define SEQUENCER_ID		16	/* letters of a batch's random id */

/* What begins every script: is this the forum's head? h is then id, epoch,
 * seq, chain. */
#define SEQUENCER_HEAD							\
	"local h = redis.call('HMGET', KEYS[1], 'id', 'epoch', 'seq', "	\
	"'chain')\n"							\
	"if not h[1] then return {'ABSENT'} end\n"			\
	"if h[1] ~= ARGV[1] then return {'FOREIGN'} end\n"

/* KEYS head, journal, content; ARGV id, epoch, seq, chain, last seq, last
 * chain, node, batch id, events, content. Where the batch is there already,
 * something is written all the same, for WAIT to wait for. */
static const char sequencer_redis_append_lua[] =
	SEQUENCER_HEAD
	"local id = ARGV[5] .. '-0'\n"
	"if h[2] ~= ARGV[2] or h[3] ~= ARGV[3] or h[4] ~= ARGV[4] then\n"
	"  local e = redis.call('XRANGE', KEYS[2], id, id)\n"
	"  local f = e[1] and e[1][2] or {}\n"
	"  for i = 1, #f, 2 do\n"
	"    if f[i] == 'chain' and f[i + 1] == ARGV[6] then\n"
	"      redis.call('HSET', KEYS[1], 'id', ARGV[1])\n"
	"      return {'OK'}\n"
	"    end\n"
	"  end\n"
	"  return {'CONFLICT'}\n"
	"end\n"
	"redis.call('XADD', KEYS[2], id, 'seq', ARGV[5], 'epoch', ARGV[2],\n"
	"  'node', ARGV[7], 'id', ARGV[8], 'chain', ARGV[6],\n"
	"  'events', ARGV[9])\n"
	"redis.call('SET', KEYS[3], ARGV[10])\n"
	"redis.call('HSET', KEYS[1], 'seq', ARGV[5], 'chain', ARGV[6])\n"
	"return {'OK'}\n";

/* KEYS head, lease; ARGV id, node, address, ms. */
static const char sequencer_redis_take_lua[] =
	SEQUENCER_HEAD
	"local l = redis.call('GET', KEYS[2])\n"
	"if l and l:sub(1, #ARGV[2] + 1) ~= ARGV[2] .. ' ' then\n"
	"  return {'CONFLICT'}\n"
	"end\n"
	"local epoch = redis.call('HINCRBY', KEYS[1], 'epoch', 1)\n"
	"redis.call('SET', KEYS[2], ARGV[2] .. ' ' .. ARGV[3] .. ' ' ..\n"
	"  epoch, 'PX', ARGV[4])\n"
	"return {'OK', epoch, h[3], h[4]}\n";

/* KEYS lease; ARGV its value, ms (0: give it back). */
static const char sequencer_redis_renew_lua[] =
	"if redis.call('GET', KEYS[1]) ~= ARGV[1] then\n"
	"  return {'CONFLICT'}\n"
	"end\n"
	"if ARGV[2] == '0' then redis.call('DEL', KEYS[1])\n"
	"else redis.call('PEXPIRE', KEYS[1], ARGV[2]) end\n"
	"return {'OK'}\n";

/* KEYS head, confirmed; ARGV id, epoch, seq, chain, note. */
static const char sequencer_redis_confirm_lua[] =
	SEQUENCER_HEAD
	"if h[2] ~= ARGV[2] or tonumber(h[3]) < tonumber(ARGV[3]) then\n"
	"  return {'CONFLICT'}\n"
	"end\n"
	"local e = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)\n"
	"if e[1] and tonumber(e[1][1]:match('^%d+')) >= tonumber(ARGV[3])\n"
	"  then return {'OK'} end\n"
	"redis.call('XADD', KEYS[2], ARGV[3] .. '-0', 'chain', ARGV[4],\n"
	"  'epoch', ARGV[2], 'note', ARGV[5])\n"
	"return {'OK'}\n";

/* KEYS head, journal, confirmed; ARGV id, epoch, seq, chain, expected. */
static const char sequencer_redis_base_lua[] =
	"local h = redis.call('HMGET', KEYS[1], 'id', 'epoch', 'seq')\n"
	"if h[1] and h[1] ~= ARGV[1] then return {'FOREIGN'} end\n"
	"local epoch = ARGV[2]\n"
	"if ARGV[5] == '0' then\n"
	"  if h[1] then return {'CONFLICT'} end\n"
	"else\n"
	"  if h[2] ~= ARGV[5] or tonumber(h[3]) >= tonumber(ARGV[3]) then\n"
	"    return {'CONFLICT'}\n"
	"  end\n"
	"  epoch = h[2]\n"
	"end\n"
	"redis.call('HSET', KEYS[1], 'id', ARGV[1], 'epoch', epoch,\n"
	"  'seq', ARGV[3], 'chain', ARGV[4])\n"
	"redis.call('DEL', KEYS[2], KEYS[3])\n"
	"return {'OK'}\n";

/* KEYS head, lease, journal, confirmed, nodes; ARGV id, epoch. */
static const char sequencer_redis_dissolve_lua[] =
	SEQUENCER_HEAD
	"if h[2] ~= ARGV[2] then return {'CONFLICT'} end\n"
	"redis.call('DEL', unpack(KEYS))\n"
	"return {'OK'}\n";

void
sequencer_redis_hex(char out[SEQUENCER_CHAIN], const struct hash *h)
{
	size_t	i;

	for (i = 0; i < HASH_LEN; i++)
		snprintf(out + 2 * i, 3, "%02x", h->b[i]);
}

int
sequencer_redis_odd(struct err *err)
{
	return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
	    "Redis holds what is not the forum's, or damaged");
}

static const char *const sequencer_redis_words[] = {
	"CONFLICT", "The journal has moved on, or another node decides",
	"FOREIGN", "Redis holds another forum's journal under this name",
	"ABSENT", "The forum is not founded in this Redis",
};

/* What a script's answer means. */
static enum sequencer_answer
sequencer_redis_answer(const struct redis_reply *reply, struct err *err)
{
	const struct redis_reply	*word = redis_at(reply, 0, REDIS_STRING);
	size_t				 i;

	if (redis_equals(word, "OK"))
		return SEQUENCER_OK;
	for (i = 0; i < sizeof(sequencer_redis_words) /
	    sizeof(sequencer_redis_words[0]); i += 2) {
		if (!redis_equals(word, sequencer_redis_words[i]))
			continue;
		err_set(err, i == 4 ? ERR_NOT_FOUND : ERR_STORAGE_UNAVAILABLE,
		    NULL, "%s", sequencer_redis_words[i + 1]);
		return i == 0 ? SEQUENCER_CONFLICT : SEQUENCER_FAILED;
	}
	sequencer_redis_odd(err);
	return SEQUENCER_UNKNOWN;
}

/* Sends the script that was added; where held, WAIT behind it. *reply is the
 * caller's to free, also when the answer is not OK. */
static enum sequencer_answer
sequencer_redis_run(struct sequencer_redis *q, struct redis_reply **reply,
    bool held, struct err *err)
{
	struct redis_reply	*replies[2] = { NULL, NULL };
	enum sequencer_answer	 answer;
	uint64_t		 reached;

	held = held && q->replicas > 0;
	if (held)
		redis_add(q->r, "sii", "WAIT", (int64_t)q->replicas,
		    (int64_t)q->wait_ms);
	switch (redis_send(q->r, replies, held ? 2 : 1,
	    held ? q->wait_ms : 0, err)) {
	case REDIS_ANSWERED:
		break;
	case REDIS_REFUSED:
		*reply = NULL;
		return SEQUENCER_FAILED;
	case REDIS_LOST:
		*reply = NULL;
		return SEQUENCER_UNKNOWN;
	}
	answer = sequencer_redis_answer(replies[0], err);
	if (answer == SEQUENCER_OK && held &&
	    (!redis_is(replies[1], REDIS_INTEGER) ||
	    redis_number(replies[1], &reached) != 0 ||
	    reached < (uint64_t)q->replicas)) {
		err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Too few replicas of Redis have it");
		answer = SEQUENCER_UNKNOWN;
	}
	*reply = replies[0];
	redis_reply_free(&replies[1]);
	return answer;
}

/* The same where the answer's word is all. */
static enum sequencer_answer
sequencer_redis_do(struct sequencer_redis *q, bool held, struct err *err)
{
	struct redis_reply	*reply;
	enum sequencer_answer	 answer;

	answer = sequencer_redis_run(q, &reply, held, err);
	redis_reply_free(&reply);
	return answer;
}

static enum sequencer_answer
sequencer_redis_append(struct sequencer *s, const struct batch *batch,
    struct err *err)
{
	struct sequencer_redis	*q = (struct sequencer_redis *)s;
	struct buf		 events = BUF_INIT, content = BUF_INIT;
	char			 on[SEQUENCER_CHAIN], to[SEQUENCER_CHAIN];
	char			 id[SEQUENCER_ID + 1], key[300];
	struct mark		 end;
	enum sequencer_answer	 answer = SEQUENCER_FAILED;

	batch_end(batch, &end);
	sequencer_redis_hex(on, &batch->on.chain);
	sequencer_redis_hex(to, &end.chain);
	snprintf(key, sizeof(key), "%s%llu", q->content,
	    (unsigned long long)end.seq);
	if (crypto_id(id, SEQUENCER_ID) != 0)
		err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "The system gives no randomness");
	else if (batch_encode_events(batch, &events, err) == 0 &&
	    batch_encode_content(batch, &content, err) == 0) {
		redis_add_script(q->r, sequencer_redis_append_lua,
		    "issssuususssbb", (int64_t)3, q->head, q->journal, key,
		    q->journal_id, batch->on.epoch, batch->on.seq, on,
		    end.seq, to, q->node, id, (const void *)events.data,
		    events.len, (const void *)content.data, content.len);
		answer = sequencer_redis_do(q, true, err);
	}
	if (content.data != NULL)
		crypto_wipe(content.data, content.len);
	buf_free(&events);
	buf_free(&content);
	return answer;
}

enum sequencer_answer
sequencer_redis_take(struct sequencer *s, const char *address, int lease_ms,
    struct mark *head, struct err *err)
{
	struct sequencer_redis	*q = (struct sequencer_redis *)s;
	struct redis_reply	*reply;
	enum sequencer_answer	 answer;

	redis_add_script(q->r, sequencer_redis_take_lua, "isssssi",
	    (int64_t)2, q->head, q->lease, q->journal_id, q->node, address,
	    (int64_t)lease_ms);
	answer = sequencer_redis_run(q, &reply, true, err);
	if (answer == SEQUENCER_OK &&
	    (redis_number(redis_at(reply, 1, REDIS_INTEGER),
	    &head->epoch) != 0 ||
	    redis_number(redis_at(reply, 2, REDIS_STRING), &head->seq) != 0 ||
	    sequencer_redis_chain(redis_at(reply, 3, REDIS_STRING),
	    &head->chain) != 0)) {
		sequencer_redis_odd(err);
		answer = SEQUENCER_UNKNOWN;
	}
	redis_reply_free(&reply);
	return answer;
}

static enum sequencer_answer
sequencer_redis_lease(struct sequencer_redis *q, const char *address,
    uint64_t epoch, int ms, struct err *err)
{
	char	value[300];

	snprintf(value, sizeof(value), "%s %s %llu", q->node, address,
	    (unsigned long long)epoch);
	redis_add_script(q->r, sequencer_redis_renew_lua, "issi", (int64_t)1,
	    q->lease, value, (int64_t)ms);
	return sequencer_redis_do(q, false, err);
}

enum sequencer_answer
sequencer_redis_renew(struct sequencer *s, const char *address,
    uint64_t epoch, int lease_ms, struct err *err)
{
	return sequencer_redis_lease((struct sequencer_redis *)s, address,
	    epoch, lease_ms, err);
}

enum sequencer_answer
sequencer_redis_release(struct sequencer *s, const char *address,
    uint64_t epoch, struct err *err)
{
	return sequencer_redis_lease((struct sequencer_redis *)s, address,
	    epoch, 0, err);
}

enum sequencer_answer
sequencer_redis_confirm(struct sequencer *s, const struct mark *at,
    const char *note, size_t len, struct err *err)
{
	struct sequencer_redis	*q = (struct sequencer_redis *)s;
	char			 chain[SEQUENCER_CHAIN];

	sequencer_redis_hex(chain, &at->chain);
	redis_add_script(q->r, sequencer_redis_confirm_lua, "isssuusb",
	    (int64_t)2, q->head, q->confirmed, q->journal_id, at->epoch,
	    at->seq, chain, (const void *)note, len);
	return sequencer_redis_do(q, false, err);
}

enum sequencer_answer
sequencer_redis_base(struct sequencer *s, const struct mark *at,
    uint64_t expect, struct err *err)
{
	struct sequencer_redis	*q = (struct sequencer_redis *)s;
	char			 chain[SEQUENCER_CHAIN];
	enum sequencer_answer	 answer;

	sequencer_redis_hex(chain, &at->chain);
	redis_add_script(q->r, sequencer_redis_base_lua, "issssuusu",
	    (int64_t)3, q->head, q->journal, q->confirmed, q->journal_id,
	    at->epoch, at->seq, chain, expect);
	answer = sequencer_redis_do(q, true, err);
	if (answer == SEQUENCER_OK && sequencer_redis_sweep(q, err) != 0)
		return SEQUENCER_UNKNOWN;
	return answer;
}

enum sequencer_answer
sequencer_redis_dissolve(struct sequencer *s, uint64_t epoch, struct err *err)
{
	struct sequencer_redis	*q = (struct sequencer_redis *)s;
	enum sequencer_answer	 answer;

	redis_add_script(q->r, sequencer_redis_dissolve_lua, "issssssu",
	    (int64_t)5, q->head, q->lease, q->journal, q->confirmed,
	    q->nodes, q->journal_id, epoch);
	answer = sequencer_redis_do(q, true, err);
	if (answer == SEQUENCER_OK && sequencer_redis_sweep(q, err) != 0)
		return SEQUENCER_UNKNOWN;
	return answer;
}

static void
sequencer_redis_close(struct sequencer *s)
{
	struct sequencer_redis	*q = (struct sequencer_redis *)s;

	free(q->journal_id);
	free(q->node);
	free(q->head);
	free(q->lease);
	free(q->journal);
	free(q->confirmed);
	free(q->nodes);
	free(q->content);
	free(q);
}

static const struct sequencer_ops sequencer_redis_ops = {
	.name = "redis",
	.append = sequencer_redis_append,
	.head = sequencer_redis_head,
	.read = sequencer_redis_read,
	.close = sequencer_redis_close,
};

static char *
sequencer_redis_key(const char *tag, const char *name)
{
	char	*key;

	return asprintf(&key, "{%s}:%s", tag, name) == -1 ? NULL : key;
}

int
sequencer_redis(struct sequencer **out, struct redis *r,
    const struct sequencer_redis_conf *conf, struct err *err)
{
	struct sequencer_redis	*q;

	*out = NULL;
	if (strlen(conf->tag) > 200 || strchr(conf->tag, '}') != NULL)
		return err_set(err, ERR_INVALID_FIELD, NULL,
		    "The forum's origin cannot name keys in Redis");
	if ((q = calloc(1, sizeof(*q))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	q->s.ops = &sequencer_redis_ops;
	q->r = r;
	q->replicas = conf->replicas;
	q->wait_ms = conf->wait_ms > 0 ? conf->wait_ms : SEQUENCER_WAIT_MS;
	q->journal_id = strdup(conf->journal_id);
	q->node = strdup(conf->node);
	q->head = sequencer_redis_key(conf->tag, "head");
	q->lease = sequencer_redis_key(conf->tag, "lease");
	q->journal = sequencer_redis_key(conf->tag, "journal");
	q->confirmed = sequencer_redis_key(conf->tag, "confirmed");
	q->nodes = sequencer_redis_key(conf->tag, "nodes");
	q->content = sequencer_redis_key(conf->tag, "content:");
	if (q->journal_id == NULL || q->node == NULL || q->head == NULL ||
	    q->lease == NULL || q->journal == NULL || q->confirmed == NULL ||
	    q->nodes == NULL || q->content == NULL) {
		sequencer_redis_close(&q->s);
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	}
	*out = &q->s;
	return 0;
}
