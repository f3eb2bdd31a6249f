/*
 * The log. See log.h for the contract.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "storage/base/log.h"

/* Lines written in one second beyond which only errors pass. */
#define LOG_PER_SECOND	200

static _Atomic enum log_level log_threshold = LOG_LEVEL_INFO;
static pthread_mutex_t	 log_lock = PTHREAD_MUTEX_INITIALIZER;
static time_t		 log_second;
static unsigned		 log_count, log_dropped;

void
log_set_level(enum log_level level)
{
	log_threshold = level;
}

int
log_level_find(const char *word)
{
	static const char	*const words[] = { "debug", "info", "warn",
				    "error" };
	int			 i;

	for (i = 0; i < 4; i++) {
		if (strcmp(words[i], word) == 0)
			return i;
	}
	return -1;
}

/* One write(2) per line, so that lines of several threads never mix. */
static void
log_line(const char *word, const char *fmt, va_list ap)
{
	char		 text[1024], line[2300];
	struct tm	 tm;
	time_t		 now = time(NULL);
	size_t		 n, i;
	int		 len;

	len = vsnprintf(text, sizeof(text), fmt, ap);
	if (len < 0)
		return;
	if (len >= (int)sizeof(text))
		len = sizeof(text) - 1;
	gmtime_r(&now, &tm);
	n = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%SZ ", &tm);
	n += snprintf(line + n, sizeof(line) - n, "%s ", word);
	for (i = 0; i < (size_t)len && n < sizeof(line) - 8; i++) {
		unsigned char c = text[i];

		if (c < 0x20 || c == 0x7f)
			n += snprintf(line + n, 5, "\\x%02x", c);
		else
			line[n++] = c;
	}
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		return;		/* nowhere left to say so */
}

/* Whether this line may pass under the cap; tells what was left out. */
static int
log_admit(void)
{
	time_t	now = time(NULL);
	int	ok;
	char	note[80];

	pthread_mutex_lock(&log_lock);
	if (now != log_second) {
		if (log_dropped > 0) {
			int n = snprintf(note, sizeof(note),
			    "log: %u lines left out\n", log_dropped);

			if (write(STDERR_FILENO, note, n) < 0)
				log_dropped = 0;
		}
		log_second = now;
		log_count = log_dropped = 0;
	}
	ok = log_count < LOG_PER_SECOND;
	if (ok)
		log_count++;
	else
		log_dropped++;
	pthread_mutex_unlock(&log_lock);
	return ok;
}

#define LOG_BODY(level, word) do {					\
	va_list ap;							\
	if (log_threshold > (level) || !log_admit())			\
		return;							\
	va_start(ap, fmt);						\
	log_line(word, fmt, ap);					\
	va_end(ap);							\
} while (0)

void
log_debug(const char *fmt, ...)
{
	LOG_BODY(LOG_LEVEL_DEBUG, "debug");
}

void
log_info(const char *fmt, ...)
{
	LOG_BODY(LOG_LEVEL_INFO, "info");
}

void
log_warn(const char *fmt, ...)
{
	LOG_BODY(LOG_LEVEL_WARN, "warn");
}

void
log_error(const char *fmt, ...)
{
	LOG_BODY(LOG_LEVEL_ERROR, "error");
}

void
fatal(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	log_line("fatal", fmt, ap);
	va_end(ap);
	exit(1);
}
