/*
 * Time, read through one place so that unit tests can set it.
 */
#ifndef STORAGE_BASE_CLOCK_H
#define STORAGE_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970 (UTC). For what is written down. */
int64_t	clock_ms(void);
/* Milliseconds that never go back. For limits, leases and timeouts. */
int64_t	clock_mono_ms(void);
/* Microseconds that never go back. For measuring. */
int64_t	clock_mono_us(void);

/* Unit tests only: from now on clock_ms() and clock_mono_ms() give this;
 * 0 gives them back to the system. */
void	clock_set(int64_t ms);

#endif
