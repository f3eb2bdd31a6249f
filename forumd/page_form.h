/*
 * A form with its fields and a button, and what was wrong with it when it
 * has just been refused.
 */
#ifndef FORUMD_PAGE_FORM_H
#define FORUMD_PAGE_FORM_H

#include "forumd/page_parts.h"

/* Where the request is the form's own and was refused (rq->err), the words
 * stand beside the field, and what was typed is kept but for passwords. */
void	page_form(struct request *rq, const struct html_page *p,
	    const struct html_form *f, struct html_field *fields, size_t n,
	    const char *submit, const char *class);
/* A form that is one button. */
void	page_form_button(struct request *rq, const struct html_page *p,
	    const char *action, const char *id, const char *submit,
	    const char *class);
/* So that a form has a token: begins an anonymous session where there is
 * none. Before request_page(). */
void	page_form_session(struct request *rq);
/* A path on this site that may stand in a redirect. */
bool	page_form_local(const char *path);

/* The page of somebody who must sign in first (page_account.c): the form,
 * which leads back to the page that was asked for. */
void	page_sign_in_first(struct request *rq);

#endif
