/*
 * A real Redis for tests: started on a free port of the loopback in a
 * directory of its own, and gone with the process that started it, whatever
 * becomes of that. Start servers in main(), so that they outlive the single
 * test; a test that kills or stops one starts its own.
 */
#ifndef TESTS_UNIT_REDIS_SERVER_H
#define TESTS_UNIT_REDIS_SERVER_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/redis.h"

struct redis_server {
	pid_t	pid;		/* 0: not running */
	int	port, bus;
	char	dir[64];
	char	address[32];
};

static inline bool
redis_server_installed(void)
{
	return system("command -v redis-server >/dev/null") == 0;
}

/* A port that nobody listens on just now. */
static inline int
redis_server_port(void)
{
	struct sockaddr_in	sin;
	socklen_t		len = sizeof(sin);
	int			fd = socket(AF_INET, SOCK_STREAM, 0);

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) != 0)
		abort();
	close(fd);
	return ntohs(sin.sin_port);
}

/* Runs it in the directory and on the port that s has, and waits until it
 * answers. options: a NULL-terminated list of more arguments, or NULL. */
static inline void
redis_server_run(struct redis_server *s, const char *const *options)
{
	char		 port[8], bus[8];
	const char	*argv[40] = { "redis-server", "--bind", "127.0.0.1",
			    "--port", port, "--dir", s->dir, "--save", "",
			    "--appendonly", "yes", "--appendfsync", "always",
			    "--maxmemory-policy", "noeviction",
			    "--repl-diskless-sync-delay", "0",
			    "--rdbcompression", "no", "--logfile", "log", "--daemonize", "no",
			    "--repl-ping-replica-period", "1",
			    "--cluster-port", bus };
	size_t		 n = 0;
	struct redis_conf conf;
	struct redis	*r;
	struct redis_reply *reply;
	const char	*seed = s->address;
	struct err	 err;
	int		 i;

	snprintf(port, sizeof(port), "%d", s->port);
	snprintf(bus, sizeof(bus), "%d", s->bus);
	while (argv[n] != NULL)
		n++;
	for (; options != NULL && *options != NULL && n < 39; options++)
		argv[n++] = *options;
	if ((s->pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	memset(&conf, 0, sizeof(conf));
	conf.seeds = &seed;
	conf.nseeds = 1;
	if (redis_open(&r, &conf, &err) != 0)
		abort();
	for (i = 0; i < 500; i++) {
		if (redis_call(r, &reply, &err, "s", "PING") ==
		    REDIS_ANSWERED || strstr(err.text, "slot") != NULL ||
		    strstr(err.text, "user") != NULL)
			break;
		redis_pause(r, 20);
	}
	if (i == 500) {
		printf("redis-server on port %d does not answer: %s\n",
		    s->port, err.text);
		abort();
	}
	redis_reply_free(&reply);
	redis_close(&r);
}

static inline void
redis_server_start(struct redis_server *s, const char *const *options)
{
	memset(s, 0, sizeof(*s));
	strcpy(s->dir, "/tmp/check_redis.XXXXXX");
	if (mkdtemp(s->dir) == NULL)
		abort();
	s->port = redis_server_port();
	s->bus = redis_server_port();
	snprintf(s->address, sizeof(s->address), "127.0.0.1:%d", s->port);
	redis_server_run(s, options);
}

/* kill -9; the directory stays. */
static inline void
redis_server_kill(struct redis_server *s)
{
	if (s->pid == 0)
		return;
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	s->pid = 0;
}

static inline void
redis_server_end(struct redis_server *s)
{
	char	cmd[100];

	redis_server_kill(s);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", s->dir);
	if (s->dir[0] != '\0' && system(cmd) != 0)
		printf("%s is left\n", s->dir);
	s->dir[0] = '\0';
}

/* A connection to one server, for looking and for mischief. */
static inline struct redis *
redis_server_open(const struct redis_server *s, const char *tag)
{
	struct redis_conf	 conf;
	struct redis		*r;
	const char		*seed = s->address;
	struct err		 err;

	memset(&conf, 0, sizeof(conf));
	conf.seeds = &seed;
	conf.nseeds = 1;
	conf.tag = tag;
	conf.call_ms = 10000;		/* a disk may be slow */
	if (redis_open(&r, &conf, &err) != 0)
		abort();
	return r;
}

/* Makes the user of conf/redis.conf there, as its line says; the password is
 * PASSWORD. */
static inline void
redis_server_user(const struct redis_server *s)
{
	const char	*root = getenv("FORUMD_SOURCE");
	char		 path[500], line[2000], *word, *rest;
	struct redis	*plain = redis_server_open(s, "x"), *r;
	struct redis_reply *reply;
	struct err	 err;
	FILE		*f;

	snprintf(path, sizeof(path), "%s/conf/redis.conf", root == NULL ?
	    "." : root);
	if ((f = fopen(path, "r")) == NULL || redis_open_node(&r, plain,
	    s->address, &err) != 0)
		abort();
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "# user forumd ", 14) != 0)
			continue;
		for (word = strtok_r(line + 14, " \n", &rest); word != NULL;
		    word = strtok_r(NULL, " \n", &rest)) {
			if (redis_call(r, &reply, &err, "ssss", "ACL",
			    "SETUSER", "forumd", word) != REDIS_ANSWERED)
				abort();
			redis_reply_free(&reply);
		}
	}
	fclose(f);
	redis_close(&r);
	redis_close(&plain);
}

/* A replica of it, once it has caught up. */
static inline void
redis_server_follow(struct redis_server *s, const struct redis_server *master)
{
	char		 port[8];
	const char	*options[] = { "--replicaof", "127.0.0.1", port, NULL };
	struct redis	*r = redis_server_open(master, "x");
	struct redis_reply *reply;
	struct err	 err;
	uint64_t	 n = 0;

	snprintf(port, sizeof(port), "%d", master->port);
	redis_server_start(s, options);
	while (n == 0) {
		if (redis_call(r, &reply, &err, "ss", "DEL", "x") ==
		    REDIS_ANSWERED)
			redis_reply_free(&reply);
		if (redis_call(r, &reply, &err, "sss", "WAIT", "1", "500") !=
		    REDIS_ANSWERED)
			continue;
		redis_number(reply, &n);
		redis_reply_free(&reply);
	}
	redis_close(&r);
}

#endif
