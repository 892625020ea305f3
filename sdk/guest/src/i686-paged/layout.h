/* Addresses in the scratch region of a paged i686 guest (i686 sheet 2.3), for C and assembly. */
#ifndef HYPERLIGHT_GUEST_I686_PAGED_LAYOUT_H
#define HYPERLIGHT_GUEST_I686_PAGED_LAYOUT_H

/*
 * The stack ends below the counter page and the page with the words. A 32-bit processor delivers a page fault on the current
 * stack, so the stack must never fault; therefore it lies in scratch. Snapshots do not contain the stack; between calls it
 * is empty. The page below the stack is mapped where there is no memory. An overflow changes no other page, and the host sees
 * where it happens; a page that is not mapped would end it as a triple fault, which resets some processors.
 */
#define HL_STACK_TOP 0xFFFFE000
#define HL_STACK_SIZE 0x8000

/* The processor exceptions with a gate, 0 to 30, and the size of an entry in the table of exception entries. */
#define HL_EXCEPTION_ENTRY_SIZE 16
#define HL_EXCEPTION_VECTORS 31

#endif
