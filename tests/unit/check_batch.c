/*
 * A batch on the wire: what is written is read back; what is cut, bent or
 * lengthened is refused, at every byte; a row of a kind to come is left out.
 */
#include <check.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "storage/batch.h"
#include "storage/event.h"

static struct batch	b, back;
static struct buf	events, content;
static struct err	err;

static void
event(const char *kind, const char *bytes)
{
	struct batch_event	*e;
	struct mark		 end;

	batch_end(&b, &end);
	b.events = realloc(b.events, (b.nevents + 1) * sizeof(*b.events));
	e = &b.events[b.nevents++];
	memset(e, 0, sizeof(*e));
	e->seq = end.seq + 1;
	e->time = 1795348800000LL + e->seq;
	e->kind = kind;
	e->bytes = strdup(bytes);
	e->len = strlen(bytes);
	e->chain = end.chain;
	event_chain(&e->chain, bytes, e->len);
}

static void
row(const char *ref, const char *field, const char *bytes)
{
	struct batch_content	*c;

	b.content = realloc(b.content, (b.ncontent + 1) *
	    sizeof(*b.content));
	c = &b.content[b.ncontent++];
	memset(c, 0, sizeof(*c));
	c->ref = strdup(ref);
	c->field = field == NULL ? NULL : strdup(field);
	if (bytes == NULL)
		return;
	memset(c->salt, 's', sizeof(c->salt));
	c->bytes = strdup(bytes);
	c->len = strlen(bytes);
}

static void
derived(enum derived_name kind, ...)
{
	va_list	ap;

	b.derived = realloc(b.derived, (b.nderived + 1) *
	    sizeof(*b.derived));
	va_start(ap, kind);
	ck_assert_int_eq(derived_make(&b.derived[b.nderived], kind, ap,
	    &err), 0);
	va_end(ap);
	b.derived[b.nderived++].after = 42;
}

static void
make(void)
{
	struct hash	h;

	memset(&b, 0, sizeof(b));
	memset(&h, 7, sizeof(h));
	b.on.epoch = 3;
	b.on.seq = 41;
	b.on.chain = h;
	event("comment.accepted", "{\"kind\":\"comment.accepted\"}");
	event("vote.cast", "");
	row("c/1", "text", "Das Wasser steht seit Montag im Keller.");
	row("c/1", "name", "");
	row("a/7", "email", NULL);
	row("a/8", NULL, NULL);
	derived(DERIVED_FRAGMENT, (int64_t)-5, (int64_t)1, "Ada", "<p>\xc3");
	derived(DERIVED_IDEMPOTENCY, (const void *)h.b, sizeof(h.b),
	    (const void *)"", (size_t)0, (int64_t)201, NULL, (int64_t)9);
	ck_assert_int_eq(batch_encode_events(&b, &events, &err), 0);
	ck_assert_int_eq(batch_encode_content(&b, &content, &err), 0);
}

static void
end(void)
{
	batch_free(&b);
	batch_free(&back);
	buf_free(&events);
	buf_free(&content);
}

/* Seals a part anew that was changed on purpose. */
static void
seal(struct buf *part)
{
	struct hash	h;

	crypto_sha256(&h, part->data, part->len - 8);
	memcpy(part->data + part->len - 8, h.b, 8);
}

START_TEST(decode_encoded_isTheSame)
{
	struct mark	at;
	struct buf	again = BUF_INIT;

	make();
	ck_assert_int_eq(batch_decode_events(&back, events.data, events.len,
	    &err), 0);
	ck_assert_int_eq(batch_decode_content(&back, content.data,
	    content.len, &err), 0);
	ck_assert_uint_eq(back.nevents, 2);
	batch_end(&back, &at);
	ck_assert_uint_eq(at.seq, 43);
	ck_assert_uint_eq(at.epoch, 3);
	ck_assert_mem_eq(&at.chain, &b.events[1].chain, HASH_LEN);
	ck_assert_str_eq(back.events[0].kind, "comment.accepted");
	ck_assert_int_eq(back.events[0].time, b.events[0].time);
	ck_assert_uint_eq(back.ncontent, 4);
	ck_assert_ptr_nonnull(back.content[1].bytes);	/* empty, not dropped */
	ck_assert_ptr_null(back.content[2].bytes);
	ck_assert_ptr_null(back.content[3].field);
	ck_assert_uint_eq(back.nderived, 2);
	ck_assert_int_eq(back.derived[0].v[0].i, -5);
	ck_assert_uint_eq(back.derived[0].after, 42);
	ck_assert_ptr_null(back.derived[1].v[3].p);
	ck_assert_ptr_nonnull(back.derived[1].v[1].p);
	ck_assert_int_eq(batch_encode_events(&back, &again, &err), 0);
	ck_assert_int_eq(batch_encode_content(&back, &again, &err), 0);
	ck_assert_uint_eq(again.len, events.len + content.len);
	ck_assert_mem_eq(again.data, events.data, events.len);
	ck_assert_mem_eq(again.data + events.len, content.data, content.len);
	buf_free(&again);
	end();
}
END_TEST

START_TEST(decode_cutAnywhere_isRefused)
{
	size_t	i;

	make();
	for (i = 0; i < events.len; i++)
		ck_assert_int_eq(batch_decode_events(&back, events.data, i,
		    &err), -1);
	for (i = 0; i < content.len; i++)
		ck_assert_int_eq(batch_decode_content(&back, content.data, i,
		    &err), -1);
	ck_assert_uint_eq(back.nevents + back.ncontent + back.nderived, 0);
	end();
}
END_TEST

START_TEST(decode_cutAndSealedAnew_isRefused)
{
	struct buf	part = BUF_INIT;
	size_t		i;

	make();
	for (i = 8; i < events.len; i++) {
		buf_clear(&part);
		buf_add(&part, events.data, i);
		seal(&part);
		ck_assert_int_eq(batch_decode_events(&back, part.data,
		    part.len, &err), -1);
	}
	for (i = 8; i < content.len; i++) {
		buf_clear(&part);
		buf_add(&part, content.data, i);
		seal(&part);
		ck_assert_int_eq(batch_decode_content(&back, part.data,
		    part.len, &err), -1);
	}
	buf_free(&part);
	end();
}
END_TEST

START_TEST(decode_bitFlipped_isRefused)
{
	size_t	i;

	make();
	for (i = 0; i < events.len * 8; i++) {
		events.data[i / 8] ^= 1 << i % 8;
		ck_assert_int_eq(batch_decode_events(&back, events.data,
		    events.len, &err), -1);
		events.data[i / 8] ^= 1 << i % 8;
	}
	for (i = 0; i < content.len * 8; i++) {
		content.data[i / 8] ^= 1 << i % 8;
		ck_assert_int_eq(batch_decode_content(&back, content.data,
		    content.len, &err), -1);
		content.data[i / 8] ^= 1 << i % 8;
	}
	end();
}
END_TEST

/* With a sum that fits: no crash, no more memory than was sent, and what is
 * taken can be written again. */
START_TEST(decode_bitFlippedAndSealed_isTakenOrRefused)
{
	struct buf	again = BUF_INIT;
	size_t		i;

	make();
	for (i = 0; i < (content.len - 8) * 8; i++) {
		content.data[i / 8] ^= 1 << i % 8;
		seal(&content);
		buf_clear(&again);
		if (batch_decode_content(&back, content.data, content.len,
		    &err) == 0)
			ck_assert_int_eq(batch_encode_content(&back, &again,
			    &err), 0);
		batch_free(&back);
		content.data[i / 8] ^= 1 << i % 8;
	}
	buf_free(&again);
	end();
}
END_TEST

START_TEST(decode_hugeCounts_areRefused)
{
	make();
	memset(events.data + 50, 0xff, 4);	/* the number of events */
	seal(&events);
	ck_assert_int_eq(batch_decode_events(&back, events.data, events.len,
	    &err), -1);
	ck_assert_str_eq(err.text, "A batch is damaged");
	memset(content.data + 2, 0xff, 4);
	seal(&content);
	ck_assert_int_eq(batch_decode_content(&back, content.data,
	    content.len, &err), -1);
	ck_assert_str_eq(err.text, "A batch is damaged");	/* not memory */
	end();
}
END_TEST

START_TEST(decode_unknownEventKind_saysSo)
{
	make();
	memcpy(memmem(events.data, events.len, "vote.cast", 9), "vote.come",
	    9);
	seal(&events);
	ck_assert_int_eq(batch_decode_events(&back, events.data, events.len,
	    &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "vote.come"));
	end();
}
END_TEST

START_TEST(decode_unknownDerivedKind_isLeftOut)
{
	make();
	memcpy(memmem(content.data, content.len, "fragment", 8), "fragmenu",
	    8);
	seal(&content);
	ck_assert_int_eq(batch_decode_content(&back, content.data,
	    content.len, &err), 0);
	ck_assert_uint_eq(back.nderived, 1);
	ck_assert_int_eq(back.derived[0].kind, DERIVED_IDEMPOTENCY);
	ck_assert_uint_eq(back.ncontent, 4);
	end();
}
END_TEST

START_TEST(decode_otherVersion_saysSo)
{
	make();
	events.data[1] = 2;
	seal(&events);
	ck_assert_int_eq(batch_decode_events(&back, events.data, events.len,
	    &err), -1);
	ck_assert_str_eq(err.text,
	    "A batch has format 2, which this program does not know");
	end();
}
END_TEST

START_TEST(encode_textTooLong_isRefused)
{
	struct batch	big;
	char		*ref = calloc(1, 70000);

	memset(ref, 'x', 69999);
	memset(&big, 0, sizeof(big));
	big.content = calloc(1, sizeof(*big.content));
	big.ncontent = 1;
	big.content[0].ref = ref;
	ck_assert_int_eq(batch_encode_content(&big, &content, &err), -1);
	batch_free(&big);
	buf_free(&content);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("batch");
	TCase	*tc = tcase_create("wire");
	SRunner	*sr;
	int	 failed;

	tcase_add_test(tc, decode_encoded_isTheSame);
	tcase_add_test(tc, decode_cutAnywhere_isRefused);
	tcase_add_test(tc, decode_cutAndSealedAnew_isRefused);
	tcase_add_test(tc, decode_bitFlipped_isRefused);
	tcase_add_test(tc, decode_bitFlippedAndSealed_isTakenOrRefused);
	tcase_add_test(tc, decode_hugeCounts_areRefused);
	tcase_add_test(tc, decode_unknownEventKind_saysSo);
	tcase_add_test(tc, decode_unknownDerivedKind_isLeftOut);
	tcase_add_test(tc, decode_otherVersion_saysSo);
	tcase_add_test(tc, encode_textTooLong_isRefused);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
