/*
 * Proofs, explained. See page_proof.h for the contract.
 */
#include <stdio.h>
#include <string.h>

#include "forumd/page_parts.h"
#include "forumd/page_proof.h"

/* One step of RFC 9162 2.1.3.2: the outcome so far stands left or right of
 * the hash that the proof gives. */
struct page_proof {
	struct note_proof	 proof;
	struct note		 note;
	struct note_checkpoint	 head;
	uint64_t		 fn, sn;
	unsigned		 level;
	struct hash		 r;	/* the outcome so far */
	size_t			 i;	/* steps made */
};

static bool
page_proof_begin(struct page_proof *w, const struct tlog_entry *e)
{
	struct err	none;

	if (note_proof_parse(&w->proof, e->proof.data, e->proof.len,
	    &none) != 0 || note_parse(&w->note, w->proof.checkpoint,
	    w->proof.checkpoint_len, &none) != 0 ||
	    note_checkpoint_parse(&w->head, w->note.text, w->note.text_len,
	    &none) != 0 || w->head.size == 0)
		return false;
	w->fn = w->proof.index;
	w->sn = w->head.size - 1;
	w->level = 0;
	w->i = 0;
	merkle_leaf_hash(&w->r, e->leaf.data, e->leaf.len);
	return true;
}

/* The next step: *given stands left (*left) or right of *own. */
static bool
page_proof_step(struct page_proof *w, const struct hash **given,
    struct hash *own, bool *left)
{
	if (w->i == w->proof.path.n)
		return false;
	*given = &w->proof.path.hash[w->i++];
	*own = w->r;
	*left = (w->fn & 1) != 0 || w->fn == w->sn;
	if (*left)
		merkle_node_hash(&w->r, *given, own);
	else
		merkle_node_hash(&w->r, own, *given);
	while (*left && (w->fn & 1) == 0 && w->fn != 0) {
		w->fn >>= 1;
		w->sn >>= 1;
		w->level++;
	}
	w->fn >>= 1;
	w->sn >>= 1;
	w->level++;
	return true;
}

static void
page_proof_cell(struct buf *b, const struct hash *h, bool own)
{
	buf_adds(b, own ? "<td class=\"mono\"><strong>" :
	    "<td class=\"mono\">");
	buf_base64(b, h->b, HASH_LEN);
	buf_adds(b, own ? "</strong></td>" : "</td>");
}

void
page_proof_steps(struct request *rq, const struct html_page *p,
    const struct tlog_entry *e)
{
	const struct html_col	 cols[] = {
		{ tr(p->locale, "log.level"), true },
		{ tr(p->locale, "log.left"), false },
		{ tr(p->locale, "log.right"), false },
		{ tr(p->locale, "log.outcome"), false },
	};
	struct page_proof	 w;
	const struct hash	*given;
	struct hash		 own;
	struct buf		*b = &rq->out;
	char			 level[16];
	bool			 left;

	if (!page_proof_begin(&w, e))
		return;
	html_elem(b, "p", NULL, tr(p->locale, "log.proof_text"));
	html_table_begin(b, tr(p->locale, "log.proof"), cols, 4);
	html_row_begin(b);
	html_cell_head(b, "0");
	buf_adds(b, "<td></td><td></td>");
	page_proof_cell(b, &w.r, true);
	html_row_end(b);
	while (page_proof_step(&w, &given, &own, &left)) {
		snprintf(level, sizeof(level), "%u", w.level);
		html_row_begin(b);
		html_cell_head(b, level);
		page_proof_cell(b, left ? given : &own, !left);
		page_proof_cell(b, left ? &own : given, left);
		page_proof_cell(b, &w.r, true);
		html_row_end(b);
	}
	html_table_end(b);
}

/* "echo BASE64 | base64 -d" */
static void
page_proof_echo(struct buf *sh, const void *p, size_t len)
{
	buf_adds(sh, "echo ");
	buf_base64(sh, p, len);
	buf_adds(sh, " | base64 -d");
}

/* The signature of the entry's key, and that key's public half. */
static void
page_proof_signature(struct buf *sh, const struct page_proof *w,
    const struct tlog_entry *e)
{
	struct note_key	 key;
	struct err	 none;
	size_t		 i;

	if (note_vkey_parse(&key, e->vkey, strlen(e->vkey), &none) != 0)
		return;
	for (i = 0; i < w->note.n; i++)
		if (w->note.signature[i].id == key.id)
			break;
	if (i == w->note.n)
		return;
	buf_adds(sh, "echo ");
	buf_add(sh, w->note.signature[i].base64,
	    w->note.signature[i].base64_len);
	buf_adds(sh, " | base64 -d | tail -c 64 >sig\n"
	    "(printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160"
	    "\\003\\041\\000'\n ");
	page_proof_echo(sh, key.public_key, KEY_PUBLIC_LEN);
	buf_adds(sh, ") >key\n"
	    "openssl pkeyutl -verify -pubin -keyform DER -inkey key "
	    "-rawin -in text -sigfile sig\n");
}

void
page_proof_commands(struct request *rq, const struct html_page *p,
    const struct tlog_entry *e)
{
	struct page_proof	 w;
	const struct hash	*given;
	struct hash		 own;
	struct buf		*b = &rq->out, sh = BUF_INIT;
	bool			 left;

	if (!page_proof_begin(&w, e))
		return;
	page_proof_echo(&sh, e->leaf.data, e->leaf.len);
	buf_adds(&sh, " >entry; cat entry\n(printf '\\000'; cat entry) | "
	    "openssl dgst -sha256 -binary >hash\n");
	while (page_proof_step(&w, &given, &own, &left)) {
		buf_adds(&sh, "(printf '\\001'; ");
		if (!left)
			buf_adds(&sh, "cat hash; ");
		page_proof_echo(&sh, given->b, HASH_LEN);
		buf_adds(&sh, left ? "; cat hash" : "");
		buf_adds(&sh, ") | openssl dgst -sha256 -binary >next; "
		    "mv next hash\n");
	}
	page_proof_echo(&sh, w.note.text, w.note.text_len);
	buf_adds(&sh, " >text; sed -n 3p text; base64 hash\n");
	page_proof_signature(&sh, &w, e);
	html_elem(b, "p", NULL, tr(p->locale, "log.check"));
	buf_adds(b, "<pre class=\"mono\" tabindex=\"0\" data-check>");
	buf_html(b, sh.data, sh.len);
	buf_adds(b, "</pre>");
	buf_free(&sh);
}
