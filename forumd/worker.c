/*
 * Workers. See worker.h for the contract.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "forumd/worker.h"
#include "storage/store.h"

#define WORKER_QUEUE	512

struct worker_job {
	worker_fn	*fn;
	void		*arg;
};

struct worker {
	struct workers	*pool;
	struct db	*db;		/* owned */
	pthread_t	 thread;
	bool		 started;
};

struct workers {
	pthread_mutex_t		 lock;
	pthread_cond_t		 wake;
	struct worker_job	 queue[WORKER_QUEUE];	/* a ring */
	size_t			 head, n;
	bool			 closing;
	struct worker		*workers;	/* owned */
	int			 count;
};

static void *
worker_main(void *arg)
{
	struct worker		*w = arg;
	struct workers		*p = w->pool;
	struct worker_job	 job;

	for (;;) {
		pthread_mutex_lock(&p->lock);
		while (p->n == 0 && !p->closing)
			pthread_cond_wait(&p->wake, &p->lock);
		if (p->n == 0) {
			pthread_mutex_unlock(&p->lock);
			return NULL;
		}
		job = p->queue[p->head];
		p->head = (p->head + 1) % WORKER_QUEUE;
		p->n--;
		pthread_mutex_unlock(&p->lock);
		job.fn(job.arg, w->db);
	}
}

int
workers_open(struct workers **out, int n, const char *dir, struct err *err)
{
	struct workers	*p;
	struct worker	*w;

	*out = NULL;
	if ((p = calloc(1, sizeof(*p))) == NULL ||
	    (p->workers = calloc(n, sizeof(*p->workers))) == NULL) {
		free(p);
		return err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
		    "Out of memory");
	}
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	for (; p->count < n; p->count++) {
		w = &p->workers[p->count];
		w->pool = p;
		if (store_reader(&w->db, dir, err) != 0)
			break;
		if (pthread_create(&w->thread, NULL, worker_main, w) != 0) {
			err_set(err, ERR_STORAGE_UNAVAILABLE, NULL,
			    "Cannot start a worker's thread");
			db_close(&w->db);
			break;
		}
		w->started = true;
	}
	if (p->count < n) {
		workers_close(&p);
		return -1;
	}
	*out = p;
	return 0;
}

void
workers_close(struct workers **pp)
{
	struct workers	*p = *pp;
	int		 i;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->closing = true;
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);
	for (i = 0; i < p->count; i++) {
		if (p->workers[i].started)
			pthread_join(p->workers[i].thread, NULL);
		db_close(&p->workers[i].db);
	}
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p->workers);
	free(p);
	*pp = NULL;
}

int
workers_submit(struct workers *p, worker_fn *fn, void *arg, struct err *err)
{
	struct worker_job	*job;
	int			 rc = 0;

	pthread_mutex_lock(&p->lock);
	if (p->n == WORKER_QUEUE || p->closing) {
		rc = err_set(err, ERR_OVERLOADED, NULL,
		    "Too much is waiting; try again shortly");
	} else {
		job = &p->queue[(p->head + p->n++) % WORKER_QUEUE];
		job->fn = fn;
		job->arg = arg;
		pthread_cond_signal(&p->wake);
	}
	pthread_mutex_unlock(&p->lock);
	return rc;
}
