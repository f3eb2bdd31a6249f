/*
 * See thread.h. On Linux a nice value belongs to a thread, not to its
 * process, and a higher one is always granted.
 */
#include <sys/resource.h>
#include <unistd.h>

#include "storage/base/thread.h"

#define THREAD_NICE	10

void
thread_yields(void)
{
	setpriority(PRIO_PROCESS, (id_t)gettid(), THREAD_NICE);
}
