/* Declarations that the files of the microkernel share. */
#ifndef MICROKERNEL_H
#define MICROKERNEL_H

#include "internal.h"

/* ---- interrupts.c ---- */

/* Sets up the reports of exceptions to the host. */
void start_exceptions(void);

/* Moves the interrupts of the PICs to vectors from 0x20 up and masks all except the timer's. */
void start_pics(void);

/* Waits in HLT until `count` ticks have come. Returns the number of ticks since the kernel's start. */
uint32_t wait_for_ticks(uint32_t count);

/* ---- paging.c ---- */

/* The physical address of the page directory in use; 0 without paging. */
uint32_t current_root(void);

/* Makes page tables in the kernel's own memory and loads them. */
void use_own_tables(void);

/* Maps physical pages read-only at the same virtual address. Without paging there is nothing to do. */
void map_read_only(uint32_t physical, uint32_t size);

/* ---- ramfs.c: the files that the host maps as one tar archive ---- */

/* Returns the content of a file; data is NULL if there is no such file. */
hl_Vec find_in_ramfs(const char *name);

/* ---- vmbus.c: the host's functions (i686 sheet 5.3). A failure becomes the error of kmain, see hl_has_error(). ---- */

typedef struct MemoryLayout {
    uint32_t snapshot_budget, page_table_overhead;
    uint32_t ramfs_base, ramfs_size;
    uint32_t scratch_size;
} MemoryLayout;

MemoryLayout get_memory_layout(void);

#define MAX_REQUEST 255u /* bytes */

/* Waits in the host for the next request; empty if there is none left. A NUL follows the request. */
void vmbus_read(char request[MAX_REQUEST + 1]);

void vmbus_write(const void *data, size_t size);

/* Reads the bulk input to its end and writes it back. Returns the number of bytes and their sum. */
uint32_t vmbus_echo_bulk(uint32_t *sum);

#endif
