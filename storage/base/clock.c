/*
 * Time. See clock.h for the contract.
 */
#include <time.h>

#include "storage/base/clock.h"

static _Atomic int64_t	clock_fixed;

static int64_t
clock_read(clockid_t id, int64_t per_second)
{
	struct timespec	ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * per_second + ts.tv_nsec / (1000000000 / per_second);
}

int64_t
clock_ms(void)
{
	int64_t	fixed = clock_fixed;

	return fixed != 0 ? fixed : clock_read(CLOCK_REALTIME, 1000);
}

int64_t
clock_mono_ms(void)
{
	int64_t	fixed = clock_fixed;

	return fixed != 0 ? fixed : clock_read(CLOCK_MONOTONIC, 1000);
}

int64_t
clock_mono_us(void)
{
	return clock_read(CLOCK_MONOTONIC, 1000000);
}

void
clock_set(int64_t ms)
{
	clock_fixed = ms;
}
