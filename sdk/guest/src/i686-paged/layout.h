/* Where things lie in the scratch region of a paged i686 guest (i686 sheet 2.3). For C and assembly. */
#ifndef HYPERLIGHT_GUEST_I686_PAGED_LAYOUT_H
#define HYPERLIGHT_GUEST_I686_PAGED_LAYOUT_H

/*
 * The stack ends below the counter page and the page with the words. It has to lie in scratch: a 32-bit processor delivers a
 * page fault on the stack that is in use, so that must never fault itself. No snapshot keeps it, and between calls it is empty.
 * Below it one page is not mapped: an overflow ends as a triple fault and not as a change of somebody's page.
 */
#define HL_STACK_TOP 0xFFFFE000
#define HL_STACK_SIZE 0x8000

/* Interrupt gates in one table of entries of this size: processor exceptions 0 to 30. */
#define HL_EXCEPTION_ENTRY_SIZE 16
#define HL_EXCEPTION_VECTORS 31

#endif
