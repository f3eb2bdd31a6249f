/*
 * How urgent a thread's work is. Loops and the writer are waited for; what
 * follows them (search index, checkpoints) may lag, and runs when they
 * leave a core free.
 */
#ifndef STORAGE_BASE_THREAD_H
#define STORAGE_BASE_THREAD_H

/* The calling thread's work may lag from now on. */
void	thread_yields(void);

#endif
