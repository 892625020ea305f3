/*
 * The RAMFS: a tar archive (POSIX ustar). Each file is a header of one block, followed by the content in whole blocks. The archive ends
 * with a block of zeros or with the mapping.
 */
#include "kernel.h"

#define BLOCK 512u
#define NAME_SIZE 100u
#define SIZE_OFFSET 124u
#define SIZE_DIGITS 11u /* octal */

/* Returns false if there is anything but digits. */
static bool read_octal(const uint8_t *digits, uint32_t count, uint64_t *value)
{
    *value = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '7') {
            return false;
        }
        *value = *value << 3 | (uint32_t)(digits[i] - '0');
    }
    return true;
}

/* Kernels without paging find the archive in the PEB. With paging the PEB lists no files: the host tells the address, and the kernel
 * maps the archive. */
static hl_Vec find_ramfs(void)
{
    hl_Vec ramfs = hl_find_file("ramfs");
    if (ramfs.data == NULL) {
        MemoryLayout layout = get_memory_layout();
        if (layout.ramfs_base != 0 && layout.ramfs_base % HL_PAGE_SIZE == 0 && layout.ramfs_size <= 0u - layout.ramfs_base) {
            map_read_only(layout.ramfs_base, layout.ramfs_size);
            ramfs = (hl_Vec){.data = (uint8_t *)layout.ramfs_base, .len = layout.ramfs_size};
        }
    }
    return ramfs;
}

hl_Vec find_in_ramfs(const char *name)
{
    hl_Vec rest = find_ramfs();
    while (rest.len >= BLOCK && rest.data[0] != 0) {
        const uint8_t *header = rest.data;
        uint64_t size;
        rest.data += BLOCK;
        rest.len -= BLOCK;
        if (!read_octal(header + SIZE_OFFSET, SIZE_DIGITS, &size) || size > rest.len) {
            break;
        }
        if (strncmp((const char *)header, name, NAME_SIZE) == 0) {
            return (hl_Vec){.data = rest.data, .len = (uintptr_t)size};
        }
        uintptr_t blocks = ((uintptr_t)size + BLOCK - 1) & ~(uintptr_t)(BLOCK - 1);
        if (blocks > rest.len) {
            break;
        }
        rest.data += blocks;
        rest.len -= blocks;
    }
    return (hl_Vec){0};
}
