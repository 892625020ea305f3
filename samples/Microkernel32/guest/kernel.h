/* What the files of the microkernel share. */
#ifndef MICROKERNEL_H
#define MICROKERNEL_H

#include "internal.h"

/* ---- interrupts.c ---- */

/* Has exceptions reported to the host. */
void start_exceptions(void);

/* Moves the PICs' interrupts to vectors from 0x20 up, all masked but the timer's. */
void start_pics(void);

/* Waits in HLT until `count` ticks have come. Returns how many there have been since the kernel's start. */
uint32_t wait_for_ticks(uint32_t count);

/* ---- paging.c ---- */

/* The physical address of the page directory in use; 0 without paging. */
uint32_t current_root(void);

/* Makes page tables in the kernel's own memory and uses them from now on. */
void use_own_tables(void);

/* Makes physical pages readable, and only that, at the same virtual address. Without paging they are already. */
void map_read_only(uint32_t physical, uint32_t size);

/* ---- ramfs.c: the files that the host maps as one tar archive ---- */

/* A file's content; data is NULL when there is no such file. */
hl_Vec find_in_ramfs(const char *name);

/* ---- vmbus.c: the host's functions (i686 sheet 5.3). What fails becomes the error of kmain: hl_has_error() says so. ---- */

typedef struct MemoryLayout {
    uint32_t snapshot_budget, page_table_overhead;
    uint32_t ramfs_base, ramfs_size;
    uint32_t scratch_size;
} MemoryLayout;

MemoryLayout get_memory_layout(void);

#define MAX_REQUEST 255u /* bytes */

/* The next request, with a NUL behind it; empty when there is none left. Waits for it in the host. */
void vmbus_read(char request[MAX_REQUEST + 1]);

void vmbus_write(const void *data, size_t size);

/* Reads the bulk input to its end and writes it back. Returns how many bytes that were, and their sum. */
uint32_t vmbus_echo_bulk(uint32_t *sum);

#endif
