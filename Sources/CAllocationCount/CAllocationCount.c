#include "CAllocationCount.h"

#include <errno.h>
#include <malloc.h>

// glibc's own names for what is replaced here.
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static uint64_t count;
static uint64_t bytes;

uint64_t callocation_count(void) { return __atomic_load_n(&count, __ATOMIC_RELAXED); }
uint64_t callocation_bytes(void) { return __atomic_load_n(&bytes, __ATOMIC_RELAXED); }
uint64_t callocation_bytes_in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

// Measured programs have one thread, but the counters must not be torn if another allocates.
static void note(size_t size)
{
    __atomic_store_n(&count, __atomic_load_n(&count, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&bytes, __atomic_load_n(&bytes, __ATOMIC_RELAXED) + size, __ATOMIC_RELAXED);
}

void *malloc(size_t size)
{
    note(size);
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    note(number * size);
    return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size)
{
    note(size);
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size)
{
    note(size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size)
{
    void *made = memalign(alignment, size);
    if (made == NULL) return ENOMEM;
    *block = made;
    return 0;
}
