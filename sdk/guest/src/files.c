/* Finds files that the host mapped (i686 sheet 2.2). */
#include "internal.h"

hl_Vec hl_find_file(const char *label)
{
#if defined(__i386__)
    const hl_FileMapping *entry = (const hl_FileMapping *)(uintptr_t)hl_peb->files.address;
    for (uint64_t left = hl_peb->files.size; left != 0; left--, entry++) {
        if (strcmp(entry->label, label) == 0) {
            return (hl_Vec){.data = (uint8_t *)(uintptr_t)entry->address, .len = (uintptr_t)entry->size};
        }
    }
#endif
    (void)label;
    return (hl_Vec){0};
}
