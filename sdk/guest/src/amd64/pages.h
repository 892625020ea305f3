/* The pages of an amd64 guest, for the files of the kit that map or free some. */
#ifndef HYPERLIGHT_GUEST_AMD64_PAGES_H
#define HYPERLIGHT_GUEST_AMD64_PAGES_H

#include "../internal.h"
#include "layout.h"

typedef uint64_t __attribute__((may_alias)) hl_Word;

#define HL_PTE_PRESENT 0x001u
#define HL_PTE_WRITABLE 0x002u
#define HL_PTE_ACCESSED 0x020u
#define HL_PTE_DIRTY 0x040u
#define HL_PTE_SOFTWARE_MASK 0xE00u
#define HL_PTE_COPY_ON_WRITE 0x200u /* the value of these three bits */
#define HL_PTE_NO_EXECUTE 0x8000000000000000u
#define HL_PTE_ADDRESS_MASK 0x000FFFFFFFFFF000u
#define HL_PTE_OWN_PAGE (HL_PTE_PRESENT | HL_PTE_WRITABLE | HL_PTE_ACCESSED | HL_PTE_DIRTY)

/* The reason of a page fault: the bits of its error code. */
#define HL_FAULT_PRESENT 0x01u
#define HL_FAULT_WRITE 0x02u
#define HL_FAULT_USER 0x04u
#define HL_FAULT_RESERVED 0x08u
#define HL_FAULT_FETCH 0x10u

/* The lowest address of the main stack. A start that wants a smaller stack raises the limit. */
extern uint64_t hl_stack_limit;

/* Allocates `count` adjacent pages of zeros and returns their physical address. */
uint64_t hl_pages_allocate(uint64_t count);

/* Makes a page that hl_pages_allocate returned free for the next allocation of one page. */
void hl_page_free(uint64_t gpa);

/* The number of pages that can still be allocated. */
uint64_t hl_pages_left(void);

/* Whether a physical page belongs to scratch, so that no other sandbox and no snapshot shares it. */
bool hl_page_is_own(uint64_t gpa);

/* Returns the entry that maps the page of `gva`. If a table is missing, it is created if `make`; otherwise NULL is returned. */
hl_Word *hl_page_entry(uint64_t gva, bool make);

/* Returns the first address from `gva` on, and below `end`, that has a table of the last level; otherwise `end`. */
uint64_t hl_page_skip(uint64_t gva, uint64_t end);

bool hl_page_is_mapped(uint64_t gva);
void hl_page_map(uint64_t gva, uint64_t gpa);
void hl_page_flush(uint64_t gva);

/* Handles a page fault of the main stack or of a copy-on-write page. */
bool hl_page_fault(uint64_t gva, uint64_t reason);

#endif
