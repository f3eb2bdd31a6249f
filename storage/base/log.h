/*
 * The server's own log: one line an event on standard error, "time level
 * key=value ...". Values are escaped, so that nothing a client sends can
 * forge a line; a burst of equal lines is capped (log floods fill disks).
 * Never logged: bodies, names, keys, tokens, addresses.
 */
#ifndef STORAGE_BASE_LOG_H
#define STORAGE_BASE_LOG_H

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN,
    LOG_LEVEL_ERROR };

void	log_set_level(enum log_level level);
/* The level of a word ("debug", "info", "warn", "error"), or -1. */
int	log_level_find(const char *word);

void	log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Our own broken invariant or an impossible start: logs and exits 1. Nothing
 * that a peer, file or user can send may reach it. */
void	fatal(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2), noreturn));

#endif
