/*
 * What a refused or failed operation says: a code from the one table below
 * and a sentence. No allocation, so that running out of memory can be told
 * too.
 *
 * Contract: a function that can fail returns 0 or -1 and fills *err on -1.
 * "Cannot tell now" is never an err; it is a value of the function's own.
 * The table is the HTTP problem list (RFC 9457): word, status, title. A new
 * row appears in /openapi.json by itself.
 */
#ifndef STORAGE_BASE_ERR_H
#define STORAGE_BASE_ERR_H

/*	  enum			word			status	title */
#define ERR_TABLE(X)							       \
	X(BAD_REQUEST,		"bad_request",		400,		       \
	    "The request is malformed")					       \
	X(BAD_JSON,		"bad_json",		400,		       \
	    "The body is not the JSON that is asked for")		       \
	X(SIGN_IN_REQUIRED,	"sign_in_required",	401,		       \
	    "Sign in first")						       \
	X(CODE_REQUIRED,	"code_required",	401,		       \
	    "A second factor is required")				       \
	X(ROLE_REQUIRED,	"role_required",	403,		       \
	    "Your role does not allow this")				       \
	X(SANCTIONED,		"sanctioned",		403,		       \
	    "A sanction stands in the way")				       \
	X(SAME_MODERATOR,	"same_moderator",	403,		       \
	    "Whoever decided does not decide the appeal")		       \
	X(OWN_CASE,		"own_case",		403,		       \
	    "Nobody decides on a comment of one's own")			       \
	X(CSRF,			"csrf",			403,		       \
	    "The form's token is missing or wrong")			       \
	X(NOT_FOUND,		"not_found",		404,		       \
	    "There is no such thing here")				       \
	X(METHOD_NOT_ALLOWED,	"method_not_allowed",	405,		       \
	    "This address does not take that method")			       \
	X(REQUEST_TIMEOUT,	"request_timeout",	408,		       \
	    "The request took too long to arrive")			       \
	X(STALE_VERSION,	"stale_version",	409,		       \
	    "It has changed since you looked")				       \
	X(CLAIMED,		"claimed",		409,		       \
	    "Somebody else is at work on it")				       \
	X(THREAD_CLOSED,	"thread_closed",	409,		       \
	    "The thread is closed")					       \
	X(SLUG_TAKEN,		"slug_taken",		409,		       \
	    "A thread of that name exists")				       \
	X(EDIT_WINDOW_OVER,	"edit_window_over",	409,		       \
	    "The time for editing is over")				       \
	X(NOT_EDITABLE,		"not_editable",		409,		       \
	    "It cannot be changed in its present state")		       \
	X(APPEAL_EXISTS,	"appeal_exists",	409,		       \
	    "An appeal against it is on file")				       \
	X(NOT_APPEALABLE,	"not_appealable",	409,		       \
	    "There is nothing here to appeal against")			       \
	X(APPEAL_EXPIRED,	"appeal_expired",	410,		       \
	    "The time for an appeal is over")				       \
	X(BODY_TOO_LONG,	"body_too_long",	413,		       \
	    "The body is longer than allowed")				       \
	X(URI_TOO_LONG,		"uri_too_long",		414,		       \
	    "The address is longer than allowed")			       \
	X(UNSUPPORTED_MEDIA,	"unsupported_media_type", 415,		       \
	    "The body's type is not one this address takes")		       \
	X(EXPECTATION_FAILED,	"expectation_failed",	417,		       \
	    "The expectation cannot be met")				       \
	X(INVALID_FIELD,	"invalid_field",	422,		       \
	    "A field is missing or wrong")				       \
	X(REASON_REQUIRED,	"reason_required",	422,		       \
	    "A decision needs a clause and an explanation")		       \
	X(REASON_TOO_THIN,	"reason_too_thin",	422,		       \
	    "The explanation says too little")				       \
	X(PERSONAL_DATA,	"personal_data",	422,		       \
	    "Public words must not hold personal data")			       \
	X(NAME_TAKEN,		"name_taken",		422,		       \
	    "The name is taken or looks like one that is")		       \
	X(IDEMPOTENCY_MISMATCH,	"idempotency_mismatch",	422,		       \
	    "The key was used with another body")			       \
	X(RATE_LIMITED,		"rate_limited",		429,		       \
	    "Too many at once")						       \
	X(HEADERS_TOO_LARGE,	"headers_too_large",	431,		       \
	    "The header fields are larger than allowed")		       \
	X(INTERNAL,		"internal",		500,		       \
	    "The server made a mistake")				       \
	X(NOT_IMPLEMENTED,	"not_implemented",	501,		       \
	    "The server does not know this method")			       \
	X(STORAGE_UNAVAILABLE,	"storage_unavailable",	503,		       \
	    "Nothing can be stored at present")				       \
	X(OVERLOADED,		"overloaded",		503,		       \
	    "Too much is waiting")					       \
	X(OUTCOME_UNKNOWN,	"outcome_unknown",	504,		       \
	    "It is not known whether this took effect")			       \
	X(VERSION_UNSUPPORTED,	"http_version_unsupported", 505,	       \
	    "The server speaks HTTP/1.1")

enum err_code {
	ERR_NONE,
#define X(name, word, status, title) ERR_##name,
	ERR_TABLE(X)
#undef X
	ERR_COUNT
};

struct err {
	enum err_code	code;
	char		field[40];	/* the request field at fault, or "" */
	char		text[168];	/* one sentence for a person */
};

/* Fills *err (which may be NULL) and returns -1, so that a refusal is one
 * line: return err_set(err, ERR_NOT_FOUND, NULL, "no comment %s", id). */
int		 err_set(struct err *err, enum err_code code,
		    const char *field, const char *fmt, ...)
		    __attribute__((format(printf, 4, 5)));

/* The word ("stale_version"), HTTP status and title of a code. */
const char	*err_word(enum err_code code);
int		 err_status(enum err_code code);
const char	*err_title(enum err_code code);

/* The code whose word this is, or ERR_NONE. */
enum err_code	 err_find(const char *word);

#endif
