/* Addresses in an amd64 guest (amd64 sheet 0 and 2.7), for C and assembly. */
#ifndef HYPERLIGHT_GUEST_AMD64_LAYOUT_H
#define HYPERLIGHT_GUEST_AMD64_LAYOUT_H

/* The main stack grows down from the top through a window of 1 TiB. Its pages are allocated by page faults. */
#define HL_STACK_TOP 0xFFFFFF0000000000
#define HL_STACK_LIMIT 0xFFFFFE0000000000

/* Two pages: GDT and TSS in the first, IDT in the second. They are not in scratch, which snapshots do not contain. */
#define HL_DESCRIPTOR_PAGES 0xFFFFFD0000000000
#define HL_TSS_OFFSET 64
#define HL_IDT_OFFSET 4096

/* Selectors of the GDT. */
#define HL_CODE_SELECTOR 0x08
#define HL_DATA_SELECTOR 0x10
#define HL_TSS_SELECTOR 0x18
#define HL_THREAD_SELECTOR 0x28

/* The processor exceptions with a gate: 0 to 20, and 30 (amd64 sheet 4.1). */
#define HL_LAST_LOW_VECTOR 20
#define HL_SECURITY_VECTOR 30

/* The size of an entry in the table of exception entries. */
#define HL_EXCEPTION_ENTRY_SIZE 16

#endif
