/* Page tables: two levels of 1024 entries (i686 sheet 2.5). */
#include "kernel.h"

typedef uint32_t __attribute__((may_alias)) Word;

#define ENTRIES 1024u
#define PTE_PRESENT 0x001u
#define PTE_WRITABLE 0x002u
#define PTE_USER 0x004u
#define PTE_ACCESSED 0x020u
#define PTE_ADDRESS_MASK 0xFFFFF000u

#define PTE_TABLE (PTE_PRESENT | PTE_WRITABLE | PTE_USER | PTE_ACCESSED)
#define PTE_READ_ONLY (PTE_PRESENT | PTE_ACCESSED)

/* The kernel's own tables: a directory, and a table for each 4 MiB that is used. */
#define TABLES 8u
static Word tables[TABLES][ENTRIES] __attribute__((aligned(HL_PAGE_SIZE)));
static uint32_t tables_used;
static bool own_tables;

uint32_t current_root(void)
{
    uint32_t root;
    __asm__ volatile("movl %%cr3, %0" : "=r"(root));
    return root & PTE_ADDRESS_MASK;
}

static void set_root(uint32_t root)
{
    __asm__ volatile("movl %0, %%cr3" : : "r"(root) : "memory");
}

#ifdef HL_PAGED_LAYOUT

/* Virtual minus physical address of scratch, which is mapped in one piece. All page tables lie in scratch: those of the host from the
 * start, those of the kernel because writable pages are copied to scratch. */
#define TO_SCRATCH_GVA 0x01200000u

static Word *table_at(uint32_t physical)
{
    return (Word *)(physical + TO_SCRATCH_GVA);
}

static uint32_t physical_of(const Word *table)
{
    uint32_t gva = (uint32_t)table;
    Word *directory = table_at(current_root());
    return table_at(directory[gva >> 22] & PTE_ADDRESS_MASK)[gva >> 12 & (ENTRIES - 1)] & PTE_ADDRESS_MASK;
}

#else

static Word *table_at(uint32_t physical)
{
    return (Word *)physical;
}

static uint32_t physical_of(const Word *table)
{
    return (uint32_t)table;
}

#endif

static uint32_t take_table(void)
{
    if (tables_used == TABLES) {
        hl_abort_with_code_and_message(hl_ErrorCode_MallocFailed, "Out of page tables");
    }
    Word *table = tables[tables_used++];
    memset(table, 0, HL_PAGE_SIZE);
    return physical_of(table);
}

static void map(uint32_t root, uint32_t gva, uint32_t entry)
{
    Word *link = table_at(root) + (gva >> 22);
    if ((*link & PTE_PRESENT) == 0) {
        *link = take_table() | PTE_TABLE;
    }
    table_at(*link & PTE_ADDRESS_MASK)[gva >> 12 & (ENTRIES - 1)] = entry;
}

#ifdef HL_PAGED_LAYOUT

#define SCRATCH_ALLOCATOR_OFFSET 0x10u
#define STACK_TOP_GPA 0xFEDFE000u
#define STACK_SIZE 0x8000u
#define PTE_SOFTWARE_MASK 0xE00u
#define PTE_COPY_ON_WRITE 0x200u /* the value of these three bits */

static uint32_t allocate_page(void)
{
    volatile Word *next = (Word *)(HL_SCRATCH_END - SCRATCH_ALLOCATOR_OFFSET);
    uint32_t gpa = *next;
    if (gpa >= STACK_TOP_GPA - STACK_SIZE) {
        hl_abort_with_code_and_message(hl_ErrorCode_MallocFailed, "Out of physical memory: raise ScratchSize");
    }
    *next = gpa + HL_PAGE_SIZE;
    return gpa;
}

/*
 * Makes a copy of every copy-on-write page, so that no write faults. Runs first at the start, and again after the host has made new
 * tables. Until all pages are copied, the function writes to scratch only.
 */
void copy_pages(void)
{
    uint32_t root = current_root();
    for (uint32_t i = 0; i < ENTRIES; i++) {
        uint32_t link = table_at(root)[i];
        if ((link & PTE_PRESENT) == 0) {
            continue;
        }
        Word *table = table_at(link & PTE_ADDRESS_MASK);
        for (uint32_t j = 0; j < ENTRIES; j++) {
            if ((table[j] & PTE_PRESENT) != 0 && (table[j] & PTE_SOFTWARE_MASK) == PTE_COPY_ON_WRITE) {
                uint32_t own = allocate_page();
                memcpy((void *)(own + TO_SCRATCH_GVA), (const void *)(i << 22 | j << 12), HL_PAGE_SIZE);
                table[j] = own | (table[j] & (PTE_PRESENT | PTE_USER | PTE_ACCESSED)) | PTE_WRITABLE;
            }
        }
    }
    set_root(root);

    /* Tables from before the snapshot are not in use any more. */
    tables_used = 0;
    own_tables = false;
}

/* Copies the mappings of the host's tables to the kernel's own tables. */
static void fill(uint32_t root)
{
    uint32_t old = current_root();
    for (uint32_t i = 0; i < ENTRIES; i++) {
        uint32_t link = table_at(old)[i];
        for (uint32_t j = 0; (link & PTE_PRESENT) != 0 && j < ENTRIES; j++) {
            uint32_t entry = table_at(link & PTE_ADDRESS_MASK)[j];
            if ((entry & PTE_PRESENT) != 0) {
                map(root, i << 22 | j << 12, entry);
            }
        }
    }
}

static void enable_paging(void)
{
}

void map_read_only(uint32_t physical, uint32_t size)
{
    for (uint32_t offset = 0; offset < size; offset += HL_PAGE_SIZE) {
        map(current_root(), physical + offset, (physical + offset) | PTE_READ_ONLY);
    }
}

#else

#define SCRATCH_SIZE_OFFSET 0x08u
#define CR0_PAGING 0x80010000u /* paging, and no writes to read-only pages */
#define PTE_READ_WRITE (PTE_READ_ONLY | PTE_WRITABLE)

extern const uint8_t memory_start[]; /* from the linker scripts: memory below becomes a guard */

static void map_here(uint32_t root, uint64_t start, uint64_t end, uint32_t bits)
{
    for (uint64_t page = start & PTE_ADDRESS_MASK; page < end; page += HL_PAGE_SIZE) {
        map(root, (uint32_t)page, (uint32_t)page | bits);
    }
}

/* Maps all memory at its physical address. The files of the host have addresses behind image, PEB, heap and init data. */
static void fill(uint32_t root)
{
    map_here(root, (uintptr_t)memory_start, hl_peb->init_data.address + hl_peb->init_data.size, PTE_READ_WRITE);
    map_here(root, (1ull << 32) - hl_scratch_word(SCRATCH_SIZE_OFFSET), 1ull << 32, PTE_READ_WRITE);
    const hl_FileMapping *file = (const hl_FileMapping *)(uintptr_t)hl_peb->files.address;
    for (uint64_t i = 0; i < hl_peb->files.size; i++) {
        map_here(root, file[i].address, file[i].address + file[i].size, PTE_READ_ONLY);
    }
}

static void enable_paging(void)
{
    uint32_t cr0;
    __asm__ volatile("movl %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("movl %0, %%cr0\n\tjmp 1f\n1:" : : "r"(cr0 | CR0_PAGING) : "memory");
}

void map_read_only(uint32_t physical, uint32_t size)
{
    (void)physical;
    (void)size;
}

#endif

void use_own_tables(void)
{
    if (!own_tables) {
        uint32_t root = take_table();
        fill(root);
        set_root(root);
        enable_paging();
        own_tables = true;
    }
}
