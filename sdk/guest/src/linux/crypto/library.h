/* What the shim takes from the C library. The kit's sources compile without headers of a C library. */
#pragma once

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
size_t strlen(const char *text);
void *calloc(size_t count, size_t size);
void free(void *memory);
long getrandom(void *to, size_t size, unsigned flags);
