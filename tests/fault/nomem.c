/*
 * Memory that runs out at the n-th request, by LD_PRELOAD. NOMEM_FILE is
 * mapped as four numbers that the test sets and reads: requests counted since
 * it set the first to 0; the one that fails, 0 for none; whether all after it
 * fail too; how many failed.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static long	*nomem;		/* requests, the failing one, for good, failed */
static void	*(*nomem_malloc)(size_t);
static void	*(*nomem_calloc)(size_t, size_t);
static void	*(*nomem_realloc)(void *, size_t);

__attribute__((constructor)) static void
nomem_begin(void)
{
	const char	*path = getenv("NOMEM_FILE");
	void		*p;
	int		 fd;

	nomem_malloc = dlsym(RTLD_NEXT, "malloc");
	nomem_calloc = dlsym(RTLD_NEXT, "calloc");
	nomem_realloc = dlsym(RTLD_NEXT, "realloc");
	if (path == NULL || (fd = open(path, O_RDWR | O_CLOEXEC)) < 0)
		return;
	p = mmap(NULL, 4 * sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	close(fd);
	if (p != MAP_FAILED)
		nomem = p;
}

static int
nomem_now(void)
{
	long	n;

	if (nomem == NULL || nomem[1] == 0)
		return 0;
	n = __atomic_add_fetch(&nomem[0], 1, __ATOMIC_SEQ_CST);
	if (n != nomem[1] && !(nomem[2] && n > nomem[1]))
		return 0;
	__atomic_add_fetch(&nomem[3], 1, __ATOMIC_SEQ_CST);
	errno = ENOMEM;
	return 1;
}

void *
malloc(size_t size)
{
	if (nomem_malloc == NULL)
		nomem_malloc = dlsym(RTLD_NEXT, "malloc");
	return nomem_now() ? NULL : nomem_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	if (nomem_calloc == NULL)
		nomem_calloc = dlsym(RTLD_NEXT, "calloc");
	return nomem_now() ? NULL : nomem_calloc(n, size);
}

void *
realloc(void *p, size_t size)
{
	if (nomem_realloc == NULL)
		nomem_realloc = dlsym(RTLD_NEXT, "realloc");
	return nomem_now() ? NULL : nomem_realloc(p, size);
}
