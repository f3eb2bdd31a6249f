/*
 * The table of settings and its readers. See settings.h for the contract.
 *
 * Values are kept as text, checked when they are set; numbers and switches
 * are parsed again where they are asked for, which is at start and reload
 * only.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forumd/settings.h"
#include "storage/base/log.h"

enum settings_type {
	SETTINGS_TEXT,		/* min, max: length in bytes */
	SETTINGS_SECRET,	/* text that is never printed */
	SETTINGS_LIST,		/* of texts */
	SETTINGS_NUMBER,
	SETTINGS_SWITCH,	/* on or off */
	SETTINGS_LEVEL		/* of the log */
};

#define SETTINGS_PATH	4000

static const struct settings_row {
	const char		*name;
	enum settings_type	 type;
	const char		*normal;	/* the default; NULL: unset */
	long			 min, max;
	const char		*help;
	bool			 live;		/* taken over by a reload */
} settings_rows[] = {
	{ "data", SETTINGS_TEXT, NULL, 1, SETTINGS_PATH,
	    "The data directory: database, signing key, secret.", false },
	{ "listen", SETTINGS_LIST, "127.0.0.1:8080", 1, 150,
	    "Addresses to listen on: ADDR:PORT, [ADDR]:PORT or unix:PATH. "
	    "Port 0 takes a free one.", false },
	{ "tls_listen", SETTINGS_LIST, NULL, 1, 150,
	    "Addresses to speak TLS on; needs tls_cert and tls_key.", false },
	{ "tls_cert", SETTINGS_TEXT, NULL, 1, SETTINGS_PATH,
	    "Certificate chain, PEM. Read again on SIGHUP.", false },
	{ "tls_key", SETTINGS_TEXT, NULL, 1, SETTINGS_PATH,
	    "The certificate's key, PEM.", false },
	{ "metrics_listen", SETTINGS_LIST, NULL, 1, 150,
	    "Addresses for /metrics alone. Unset: only to trusted_proxies "
	    "and to this machine.", false },
	{ "loops", SETTINGS_NUMBER, "0", 0, 256,
	    "HTTP loops; 0: one for each core.", false },
	{ "workers", SETTINGS_NUMBER, "2", 1, 64,
	    "Threads for what is slow: passwords, statistics, export.", false },
	{ "max_connections", SETTINGS_NUMBER, "10000", 1, 1000000,
	    "Connections of one loop; further ones get 503.", false },
	{ "max_header_bytes", SETTINGS_NUMBER, "16384", 1024, 65536,
	    "Request line and header fields together.", false },
	{ "max_body_bytes", SETTINGS_NUMBER, "131072", 16384, 16777216,
	    "A request's body.", false },
	{ "header_seconds", SETTINGS_NUMBER, "10", 1, 600,
	    "Time for a whole header to arrive.", false },
	{ "body_seconds", SETTINGS_NUMBER, "30", 1, 3600,
	    "Time for a whole body, and 1 s more for each 4 KiB.", false },
	{ "idle_seconds", SETTINGS_NUMBER, "65", 1, 3600,
	    "Time between two requests of a connection.", false },
	{ "drain_seconds", SETTINGS_NUMBER, "15", 0, 600,
	    "Time for requests in flight after SIGTERM.", false },
	{ "host", SETTINGS_TEXT, "localhost", 1, 200,
	    "The forum's host name: what the public record is named after. "
	    "Chosen once.", false },
	{ "base_url", SETTINGS_TEXT, NULL, 8, 250,
	    "Where readers find the forum (https://comments.example): what "
	    "links in mails begin with. Unset: made from host.", false },
	{ "site_title", SETTINGS_TEXT, "Forum", 1, 200,
	    "The name that pages show.", true },
	{ "sites", SETTINGS_LIST, NULL, 1, 200,
	    "Origins (https://news.example) that may embed threads and whose "
	    "articles may open one with their first comment.", true },
	{ "trusted_proxies", SETTINGS_LIST, NULL, 1, 100,
	    "Networks (10.0.0.0/8, ::1) whose X-Forwarded-For is believed; "
	    "\"unix\" for unix sockets.", false },
	{ "limits", SETTINGS_SWITCH, "on", 0, 0,
	    "Rate limits. Off lifts them all: for benchmarks and loaders.", false },
	{ "staff_code", SETTINGS_SWITCH, "on", 0, 0,
	    "Staff need a second factor to act as staff in a browser.", false },
	{ "session_hours", SETTINGS_NUMBER, "720", 1, 8760,
	    "A session ends this long after sign-in.", true },
	{ "session_idle_hours", SETTINGS_NUMBER, "168", 1, 8760,
	    "A session ends this long after it was last used.", true },
	{ "policy", SETTINGS_TEXT, NULL, 1, SETTINGS_PATH,
	    "House rules as JSON. Unset: those that come with the program.", false },
	{ "model", SETTINGS_TEXT, NULL, 1, SETTINGS_PATH,
	    "The abuse model. Unset: none.", false },
	{ "outside_url", SETTINGS_TEXT, NULL, 1, 500,
	    "An outside checker that is asked about comments. Unset: none.", false },
	{ "outside_secret", SETTINGS_SECRET, NULL, 16, 200,
	    "Signs what is sent to the outside checker.", false },
	{ "outside_deadline_ms", SETTINGS_NUMBER, "800", 10, 60000,
	    "After this long the comment counts as not checked.", false },
	{ "resample_percent", SETTINGS_NUMBER, "5", 0, 100,
	    "Decisions put before a second moderator, unmarked.", true },
	{ "witnesses", SETTINGS_LIST, NULL, 1, 500,
	    "Witnesses of the public record: vkey, space, URL.", false },
	{ "quorum", SETTINGS_NUMBER, "0", 0, 64,
	    "Witnesses that must have signed a head before it is shown as "
	    "witnessed.", false },
	{ "smtp_url", SETTINGS_TEXT, NULL, 1, 500,
	    "Mail server (smtp://host:25, smtps://host). Unset: no mail is "
	    "sent.", false },
	{ "smtp_from", SETTINGS_TEXT, NULL, 3, 200,
	    "The sender of mails: name@host.example.", false },
	{ "smtp_user", SETTINGS_TEXT, NULL, 1, 200,
	    "Signs in to the mail server; over TLS alone.", false },
	{ "smtp_password_file", SETTINGS_TEXT, NULL, 1, SETTINGS_PATH,
	    "The file whose first line is the password.", false },
	{ "smtp_starttls", SETTINGS_SWITCH, "off", 0, 0,
	    "Speaks to smtp:// over TLS or not at all.", false },
	{ "redis", SETTINGS_LIST, NULL, 1, 200,
	    "Redis nodes (host:port) that keep the journal of several "
	    "machines. Unset: one machine.", false },
	{ "redis_user", SETTINGS_TEXT, NULL, 1, 100,
	    "The user that Redis knows this forum as. Unset: none.", false },
	{ "redis_password", SETTINGS_SECRET, NULL, 1, 200,
	    "Its password.", false },
	{ "redis_replicas", SETTINGS_NUMBER, "1", 0, 8,
	    "Replicas that must have a change before it is answered. With 1, "
	    "losing either process stops posting until it is back; 0 trusts "
	    "one Redis.", false },
	{ "node", SETTINGS_TEXT, NULL, 1, 40,
	    "With redis: this node's name, a to z, 0 to 9 and -.", false },
	{ "node_listen", SETTINGS_TEXT, "127.0.0.1:0", 3, 150,
	    "With redis: where the other nodes reach this one.", false },
	{ "node_address", SETTINGS_TEXT, NULL, 3, 120,
	    "What they are told, where it differs (host:port).", false },
	{ "lease_ms", SETTINGS_NUMBER, "2000", 1000, 60000,
	    "With redis: after this long without a sign of the node that "
	    "decides, another takes over.", false },
	{ "drain_notice_seconds", SETTINGS_NUMBER, "0", 0, 600,
	    "After SIGTERM: so long /healthz says 503 while all is still "
	    "answered, so that a balancer looks elsewhere first.", true },
	{ "log_level", SETTINGS_LEVEL, "info", 0, 0,
	    "error, warn, info or debug.", true },
};

#define SETTINGS_ROWS	(sizeof(settings_rows) / sizeof(settings_rows[0]))

struct settings_value {
	char	**item;			/* owned; one but for lists */
	size_t	  n;
	bool	  fresh;		/* the next item of a list replaces */
};

struct settings {
	struct settings_value	v[SETTINGS_ROWS];
};

static size_t
settings_row(const char *name, size_t len)
{
	size_t	i;

	for (i = 0; i < SETTINGS_ROWS; i++) {
		if (strlen(settings_rows[i].name) == len &&
		    memcmp(settings_rows[i].name, name, len) == 0)
			break;
	}
	return i;
}

static void
settings_empty(struct settings_value *v)
{
	while (v->n > 0)
		free(v->item[--v->n]);
	free(v->item);
	v->item = NULL;
}

/* Adds a list's item, or puts the one value in place. */
static int
settings_put(struct settings *s, size_t row, const char *value,
    struct err *err)
{
	struct settings_value	*v = &s->v[row];
	char			*copy = strdup(value), **grown;

	if (settings_rows[row].type != SETTINGS_LIST || v->fresh)
		settings_empty(v);
	v->fresh = false;
	grown = realloc(v->item, (v->n + 1) * sizeof(*grown));
	if (grown != NULL)
		v->item = grown;
	if (copy == NULL || grown == NULL) {
		free(copy);
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	}
	v->item[v->n++] = copy;
	return 0;
}

static void
settings_refresh(struct settings *s)
{
	size_t	i;

	for (i = 0; i < SETTINGS_ROWS; i++)
		s->v[i].fresh = true;
}

int
settings_new(struct settings **out, struct err *err)
{
	struct settings	*s;
	size_t		 i;

	*out = NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	for (i = 0; i < SETTINGS_ROWS; i++) {
		if (settings_rows[i].normal != NULL && settings_put(s, i,
		    settings_rows[i].normal, err) != 0) {
			settings_free(&s);
			return -1;
		}
	}
	settings_refresh(s);
	*out = s;
	return 0;
}

void
settings_free(struct settings **sp)
{
	size_t	i;

	if (*sp == NULL)
		return;
	for (i = 0; i < SETTINGS_ROWS; i++)
		settings_empty(&(*sp)->v[i]);
	free(*sp);
	*sp = NULL;
}

int
settings_take(struct settings *fresh, const struct settings *now,
    struct buf *waiting, struct err *err)
{
	const struct settings_value	*old;
	size_t				 i, k;
	bool				 same;

	for (i = 0; i < SETTINGS_ROWS; i++) {
		old = &now->v[i];
		same = old->n == fresh->v[i].n;
		for (k = 0; same && k < old->n; k++)
			same = strcmp(old->item[k], fresh->v[i].item[k]) == 0;
		if (same || settings_rows[i].live)
			continue;
		buf_addf(waiting, "%s%s", waiting->len > 0 ? ", " : "",
		    settings_rows[i].name);
		settings_empty(&fresh->v[i]);
		for (k = 0; k < old->n; k++) {
			fresh->v[i].fresh = false;
			if (settings_put(fresh, i, old->item[k], err) != 0)
				return -1;
		}
	}
	return 0;
}

static int
settings_check(const struct settings_row *r, const char *value,
    struct err *err)
{
	char	*end;
	long	 n;

	if (strpbrk(value, "\r\n") != NULL)
		return err_set(err, ERR_INVALID_FIELD, r->name,
		    "%s: a value is one line", r->name);
	switch (r->type) {
	case SETTINGS_SWITCH:
		if (strcmp(value, "on") == 0 || strcmp(value, "off") == 0)
			return 0;
		return err_set(err, ERR_INVALID_FIELD, r->name,
		    "%s is on or off", r->name);
	case SETTINGS_NUMBER:
		errno = 0;
		n = strtol(value, &end, 10);
		if (end == value || *end != '\0' || errno != 0 ||
		    n < r->min || n > r->max)
			return err_set(err, ERR_INVALID_FIELD, r->name,
			    "%s is a whole number from %ld to %ld", r->name,
			    r->min, r->max);
		return 0;
	case SETTINGS_LEVEL:
		if (log_level_find(value) >= 0)
			return 0;
		return err_set(err, ERR_INVALID_FIELD, r->name,
		    "%s is error, warn, info or debug", r->name);
	default:
		n = (long)strlen(value);
		if (n < r->min || n > r->max)
			return err_set(err, ERR_INVALID_FIELD, r->name,
			    "%s has %ld to %ld characters", r->name, r->min,
			    r->max);
		return 0;
	}
}

static int
settings_set(struct settings *s, const char *name, size_t len,
    const char *value, struct err *err)
{
	size_t	row = settings_row(name, len);

	if (row == SETTINGS_ROWS)
		return err_set(err, ERR_INVALID_FIELD, NULL,
		    "There is no setting %.*s", (int)(len < 60 ? len : 60),
		    name);
	if (settings_check(&settings_rows[row], value, err) != 0)
		return -1;
	return settings_put(s, row, value, err);
}

int
settings_assign(struct settings *s, const char *assignment, struct err *err)
{
	const char	*eq = strchr(assignment, '=');

	if (eq == NULL)
		return err_set(err, ERR_INVALID_FIELD, NULL,
		    "A setting is given as name=value");
	return settings_set(s, assignment, (size_t)(eq - assignment), eq + 1,
	    err);
}

/* One line of a file: empty, a comment, or "name = value". */
static int
settings_line(struct settings *s, char *line, struct err *err)
{
	char	*name = line + strspn(line, " \t"), *value;
	size_t	 len, end;

	end = strlen(name);
	while (end > 0 && strchr(" \t\r\n", name[end - 1]) != NULL)
		name[--end] = '\0';
	if (*name == '\0' || *name == '#')
		return 0;
	len = strcspn(name, " \t=");
	value = name + len + strspn(name + len, " \t");
	if (*value != '=')
		return err_set(err, ERR_INVALID_FIELD, NULL,
		    "a line is \"name = value\"");
	value++;
	return settings_set(s, name, len, value + strspn(value, " \t"), err);
}

int
settings_file(struct settings *s, const char *path, struct err *err)
{
	struct err	 why;
	FILE		*f;
	char		*line = NULL;
	size_t		 cap = 0;
	unsigned	 n = 0;
	int		 rc = 0;

	if ((f = fopen(path, "re")) == NULL)
		return err_set(err, ERR_INVALID_FIELD, NULL, "%s: %s", path,
		    strerror(errno));
	settings_refresh(s);
	while (rc == 0 && getline(&line, &cap, f) >= 0) {
		n++;
		if (settings_line(s, line, &why) != 0)
			rc = err_set(err, why.code, why.field, "%s:%u: %s",
			    path, n, why.text);
	}
	if (rc == 0 && ferror(f))
		rc = err_set(err, ERR_INVALID_FIELD, NULL,
		    "%s cannot be read", path);
	free(line);
	fclose(f);
	settings_refresh(s);
	return rc;
}

static const struct settings_value *
settings_find(const struct settings *s, const char *name)
{
	size_t	row = settings_row(name, strlen(name));

	assert(row < SETTINGS_ROWS);
	return &s->v[row];
}

const char *
settings_item(const struct settings *s, const char *name, size_t i)
{
	const struct settings_value	*v = settings_find(s, name);

	return i < v->n ? v->item[i] : NULL;
}

const char *
settings_str(const struct settings *s, const char *name)
{
	return settings_item(s, name, 0);
}

long
settings_int(const struct settings *s, const char *name)
{
	const char	*v = settings_str(s, name);

	assert(v != NULL);
	return strtol(v, NULL, 10);
}

bool
settings_on(const struct settings *s, const char *name)
{
	const char	*v = settings_str(s, name);

	assert(v != NULL);
	return strcmp(v, "on") == 0;
}

/* The help in lines of comment, filled to 78 columns. */
static void
settings_print_help(struct buf *out, const char *help)
{
	size_t	col = 0, n;

	while (*help != '\0') {
		n = strcspn(help, " ");
		if (col == 0 || col + n + 1 > 78) {
			buf_adds(out, col == 0 ? "#" : "\n#");
			col = 1;
		}
		buf_addc(out, ' ');
		buf_add(out, help, n);
		col += n + 1;
		help += n + strspn(help + n, " ");
	}
	buf_addc(out, '\n');
}

static bool
settings_changed(const struct settings_row *r, const struct settings_value *v)
{
	if (r->normal == NULL)
		return v->n > 0;
	return v->n != 1 || strcmp(v->item[0], r->normal) != 0;
}

void
settings_print(struct buf *out, const struct settings *s)
{
	const struct settings_row	*r;
	size_t				 i, k;

	buf_adds(out, "# Every setting of forumd, with its default. Lines "
	    "beginning with # are comments.\n");
	for (i = 0; i < SETTINGS_ROWS; i++) {
		r = &settings_rows[i];
		buf_addc(out, '\n');
		settings_print_help(out, r->help);
		if (r->type == SETTINGS_LIST)
			buf_adds(out, "# Several lines for several.\n");
		if (r->type == SETTINGS_NUMBER)
			buf_addf(out, "# From %ld to %ld.\n", r->min, r->max);
		if (r->live)
			buf_adds(out, "# Read again on SIGHUP.\n");
		if (!settings_changed(r, &s->v[i]) ||
		    r->type == SETTINGS_SECRET)
			buf_addf(out, "#%s =%s%s\n", r->name,
			    r->normal == NULL ? "" : " ",
			    r->normal == NULL ? "" : r->normal);
		else
			for (k = 0; k < s->v[i].n; k++)
				buf_addf(out, "%s = %s\n", r->name,
				    s->v[i].item[k]);
	}
}

void
settings_json(struct buf *out, const struct settings *s)
{
	const struct settings_row	*r;
	size_t				 i, k;

	buf_addc(out, '{');
	for (i = 0; i < SETTINGS_ROWS; i++) {
		r = &settings_rows[i];
		buf_key(out, r->name);
		buf_addc(out, '{');
		buf_key(out, "value");
		if (r->type == SETTINGS_LIST) {
			buf_addc(out, '[');
			for (k = 0; k < s->v[i].n; k++) {
				buf_adds(out, k > 0 ? "," : "");
				buf_jsons(out, s->v[i].item[k]);
			}
			buf_addc(out, ']');
		} else
			buf_jsons(out, r->type == SETTINGS_SECRET ||
			    s->v[i].n == 0 ? NULL : s->v[i].item[0]);
		buf_kv_str(out, "default", r->normal);
		buf_kv_str(out, "help", r->help);
		buf_addc(out, '}');
	}
	buf_addc(out, '}');
}
