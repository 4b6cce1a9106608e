// Counts what a program allocates on the heap: linked into an executable, this replaces the C library's malloc and its
// relatives by ones that count and pass on. Swift's objects come from there, too.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// How often memory was asked for since the start. A block that is made larger counts again.
uint64_t callocation_count(void);

/// How many bytes were asked for since the start.
/// Units: bytes
uint64_t callocation_bytes(void);

/// How many bytes of the heap are in use now.
/// Units: bytes
uint64_t callocation_bytes_in_use(void);
