/*
 * Memory of the program: a window for mmap, in which page faults take pages of scratch, and permissions of pages.
 *
 * The list of regions says what the program may do where. A page exists from its first use on. While a range must not be used at
 * all (PROT_NONE), its pages with content are mapped at another address, the shadow, so that snapshots contain them.
 *
 * A call of mmap or mprotect that asks for more writable memory than scratch has left fails with ENOMEM. Memory that was granted
 * is not set aside: if all granted memory is used and scratch ends, the guest aborts with "Out of physical memory".
 */
#include "linux.h"
#include "../amd64/pages.h"

#define REGIONS 2048u
#define SHADOW 0x400000000000u /* added to an address in the window or in the image */
#define RESERVE_DIVISOR 32     /* this part of scratch stays for stacks, tables and copies of pages */

enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4, PROT_ALL = 7 };
enum { MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20, MAP_FIXED_NOREPLACE = 0x100000 };

typedef struct Region {
    uint64_t start, end;
    uint64_t permissions;
} Region;

static Region regions[REGIONS + 4]; /* a stack that is buried may need two more */
static uint32_t region_count;
static struct { uint64_t start, end; const Thread *thread; } buried;

static uint64_t page_up(uint64_t address)
{
    return (address + HL_PAGE_SIZE - 1) & ~(uint64_t)(HL_PAGE_SIZE - 1);
}

/* A page fault on the stack of the program reads the list and takes a page. It must not come while the list or the free pages
 * change, so the pages of the stack that such a function may use are there before. */
static void touch_stack(void)
{
    __asm__ volatile("orq $0, -2048(%%rsp)" : : : "memory", "cc");
}

/* The number of the first region that ends above the address. */
static uint32_t find(uint64_t address)
{
    uint32_t low = 0, high = region_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (regions[middle].end <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static const Region *region_of(uint64_t address)
{
    uint32_t i = find(address);
    return i < region_count && regions[i].start <= address ? &regions[i] : NULL;
}

uint64_t hl_linux_region_start(uint64_t address)
{
    const Region *region = region_of(address);
    return region != NULL ? region->start : 0;
}

static void insert(uint32_t at, uint64_t start, uint64_t end, uint64_t permissions)
{
    memmove(&regions[at + 1], &regions[at], (region_count - at) * sizeof(Region));
    regions[at] = (Region){start, end, permissions};
    region_count++;
}

/* Makes the address a border between regions. */
static void split(uint64_t address)
{
    uint32_t i = find(address);
    if (i < region_count && regions[i].start < address) {
        insert(i, regions[i].start, address, regions[i].permissions);
        regions[i + 1].start = address;
    }
}

static void remove_regions(uint64_t start, uint64_t end)
{
    split(start);
    split(end);
    uint32_t first = find(start), last = find(end);
    memmove(&regions[first], &regions[last], (region_count - last) * sizeof(Region));
    region_count -= last - first;
}

static void join(uint32_t i)
{
    if (i + 1 < region_count && regions[i].end == regions[i + 1].start && regions[i].permissions == regions[i + 1].permissions) {
        regions[i].end = regions[i + 1].end;
        memmove(&regions[i + 1], &regions[i + 2], (region_count - i - 2) * sizeof(Region));
        region_count--;
    }
}

static void set_region(uint64_t start, uint64_t end, uint64_t permissions)
{
    remove_regions(start, end);
    uint32_t at = find(start);
    insert(at, start, end, permissions);
    join(at);
    if (at != 0) {
        join(at - 1);
    }
}

/* ---- Pages ---- */

static void drop_pages(uint64_t start, uint64_t end)
{
    for (uint64_t page = hl_page_skip(start, end); page < end; page = hl_page_skip(page + HL_PAGE_SIZE, end)) {
        hl_Word *entry = hl_page_entry(page, false);
        if ((*entry & HL_PTE_PRESENT) != 0) {
            uint64_t gpa = *entry & HL_PTE_ADDRESS_MASK;
            *entry = 0;
            hl_page_flush(page);
            if (hl_page_is_own(gpa)) {
                hl_page_free(gpa);
            }
        }
    }
}

static uint64_t bits_for(uint64_t gpa, uint64_t permissions)
{
    uint64_t bits = HL_PTE_PRESENT | HL_PTE_ACCESSED | HL_PTE_DIRTY;
    if ((permissions & PROT_WRITE) != 0) {
        bits |= hl_page_is_own(gpa) ? HL_PTE_WRITABLE : HL_PTE_COPY_ON_WRITE;
    }
    return bits | ((permissions & PROT_EXEC) != 0 ? 0 : HL_PTE_NO_EXECUTE);
}

/* Gives the pages at `from` other permissions at `to`, which may be the same address. */
static void move_pages(uint64_t from, uint64_t end, uint64_t to, uint64_t permissions)
{
    for (uint64_t page = hl_page_skip(from, end); page < end; page = hl_page_skip(page + HL_PAGE_SIZE, end)) {
        hl_Word *entry = hl_page_entry(page, false);
        if ((*entry & HL_PTE_PRESENT) != 0) {
            /* The page may be part of the stack that is in use, so it never is without an entry. */
            uint64_t gpa = *entry & HL_PTE_ADDRESS_MASK;
            hl_Word *target = hl_page_entry(page - from + to, true);
            *target = gpa | bits_for(gpa, permissions);
            if (target != entry) {
                *entry = 0;
            }
            hl_page_flush(page);
        }
    }
}

static void protect_pages(uint64_t start, uint64_t end, uint64_t permissions)
{
    if (permissions == 0) {
        move_pages(start, end, start + SHADOW, PROT_READ | PROT_WRITE);
    } else {
        move_pages(start, end, start, permissions);
        move_pages(start + SHADOW, end + SHADOW, start, permissions);
    }
}

static void drop_all(uint64_t start, uint64_t end)
{
    drop_pages(start, end);
    drop_pages(start + SHADOW, end + SHADOW);
}

bool hl_linux_page_fault(uint64_t gva, uint64_t reason)
{
    const Region *region = region_of(gva);
    uint64_t needed = (reason & HL_FAULT_WRITE) != 0 ? PROT_WRITE : (reason & HL_FAULT_FETCH) != 0 ? PROT_EXEC : PROT_ALL;
    if (region == NULL || (reason & HL_FAULT_PRESENT) != 0 || (region->permissions & needed) == 0) {
        return false;
    }
    uint64_t gpa = hl_pages_allocate(1);
    *hl_page_entry(gva, true) = gpa | bits_for(gpa, region->permissions);
    return true;
}

bool hl_linux_make_writable(uint64_t gva)
{
    hl_Word *entry = hl_page_entry(gva, false);
    if (entry != NULL && (*entry & HL_PTE_PRESENT) != 0) {
        return (*entry & HL_PTE_WRITABLE) != 0 || hl_page_fault(gva, HL_FAULT_PRESENT | HL_FAULT_WRITE);
    }
    return hl_page_fault(gva, HL_FAULT_WRITE) || hl_linux_page_fault(gva, HL_FAULT_WRITE);
}

static bool can_access_page(uint64_t page, bool write)
{
    const hl_Word *entry = hl_page_entry(page, false);
    if (entry != NULL && (*entry & HL_PTE_PRESENT) != 0) {
        return !write || (*entry & (HL_PTE_WRITABLE | HL_PTE_COPY_ON_WRITE)) != 0;
    }
    const Region *region = region_of(page);
    return (page >= hl_stack_limit && page < HL_STACK_TOP) ||
           (region != NULL && (region->permissions & (write ? PROT_WRITE : PROT_ALL)) != 0);
}

bool hl_linux_can_access(uint64_t address, uint64_t size, bool write)
{
    if (size == 0) {
        return true;
    }
    uint64_t last = address + size - 1;
    bool canonical = (int64_t)(address << 16) >> 16 == (int64_t)address && (int64_t)(last << 16) >> 16 == (int64_t)last;
    if (last < address || address < HL_PAGE_SIZE || !canonical || address >> 63 != last >> 63) {
        return false;
    }
    for (uint64_t page = address & ~(uint64_t)(HL_PAGE_SIZE - 1); page <= last && page >= HL_PAGE_SIZE; page += HL_PAGE_SIZE) {
        if (!can_access_page(page, write)) {
            return false;
        }
    }
    return true;
}

/* ---- System calls ---- */

static bool is_in_window(uint64_t start, uint64_t size)
{
    return start >= WINDOW_START && start < WINDOW_END && size <= WINDOW_END - start;
}

static bool is_granted(uint64_t size, uint64_t permissions)
{
    uint64_t reserve = hl_scratch_word(8) / HL_PAGE_SIZE / RESERVE_DIVISOR;
    return (permissions & PROT_WRITE) == 0 || size / HL_PAGE_SIZE + reserve <= hl_pages_left();
}

/* The lowest gap of the window that is large enough, or 0. Low addresses are used again, so that page tables are, too. */
static uint64_t find_gap(uint64_t size)
{
    uint64_t start = WINDOW_START;
    for (uint32_t i = 0; i < region_count && regions[i].start - start < size; i++) {
        start = regions[i].end;
    }
    return size <= WINDOW_END - start ? start : 0;
}

static bool overlaps(uint64_t start, uint64_t end)
{
    uint32_t i = find(start);
    return i < region_count && regions[i].start < end;
}

int64_t hl_linux_mmap(Registers *r)
{
    touch_stack();
    uint64_t start = r->rdi, size = page_up(r->rsi), permissions = r->rdx & PROT_ALL, flags = r->r10;
    if (r->rsi == 0 || (flags & (MAP_SHARED | MAP_PRIVATE)) == 0) {
        return -EINVAL;
    }
    if ((flags & MAP_ANONYMOUS) == 0) {
        return (int32_t)r->r8 < 0 ? -EBADF : -ENODEV;
    }
    if (size == 0 || size > WINDOW_END - WINDOW_START || region_count + 3 > REGIONS || !is_granted(size, permissions)) {
        return -ENOMEM;
    }
    if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0) {
        if (start % HL_PAGE_SIZE != 0) {
            return -EINVAL;
        }
        if (!is_in_window(start, size)) {
            return -ENOMEM;
        }
        if ((flags & MAP_FIXED_NOREPLACE) != 0 && overlaps(start, start + size)) {
            return -EEXIST;
        }
    } else {
        start = find_gap(size);
        if (start == 0) {
            return -ENOMEM;
        }
    }
    drop_all(start, start + size);
    set_region(start, start + size, permissions);
    if (permissions == 0 && r->rsi % HL_PAGE_SIZE != 0) {
        /* .NET's garbage collector reserves tables of such sizes and may use the last page without asking for it. */
        set_region(start + size - HL_PAGE_SIZE, start + size, PROT_READ | PROT_WRITE);
    }
    return (int64_t)start;
}

static bool is_own_stack(uint64_t start, uint64_t end)
{
    uint64_t here = (uint64_t)__builtin_frame_address(0);
    return here >= start && here < end;
}

void hl_linux_bury_stack(void)
{
    if (buried.end != 0 && buried.thread != hl_linux_self) {
        touch_stack();
        uint64_t start = buried.start, end = buried.end;
        buried.end = 0;
        drop_all(start, end);
        remove_regions(start, end);
    }
}

int64_t hl_linux_munmap(Registers *r)
{
    touch_stack();
    uint64_t start = r->rdi, end = start + page_up(r->rsi);
    if (start % HL_PAGE_SIZE != 0 || r->rsi == 0 || r->rsi > WINDOW_END || !is_in_window(start, page_up(r->rsi))) {
        return -EINVAL;
    }
    if (region_count + 2 > REGIONS) {
        return -ENOMEM;
    }
    if (is_own_stack(start, end)) { /* a detached thread that ends: the next thread frees the memory */
        buried.start = start;
        buried.end = end;
        buried.thread = hl_linux_self;
        return 0;
    }
    drop_all(start, end);
    remove_regions(start, end);
    return 0;
}

/* Whether the whole range is mapped. */
static bool is_mapped(uint64_t start, uint64_t end)
{
    if (is_in_window(start, end - start)) {
        for (uint32_t i = find(start); start < end && i < region_count && regions[i].start <= start; i++) {
            start = regions[i].end;
        }
        return start >= end;
    }
    for (uint64_t page = start; page < end; page += HL_PAGE_SIZE) {
        if (hl_page_skip(page, end) != page || (!hl_page_is_mapped(page) && !hl_page_is_mapped(page + SHADOW))) {
            return page >= hl_stack_limit && end <= HL_STACK_TOP; /* the main stack grows on demand */
        }
    }
    return true;
}

int64_t hl_linux_mprotect(Registers *r)
{
    touch_stack();
    uint64_t start = r->rdi, size = page_up(r->rsi), end = start + size, permissions = r->rdx & PROT_ALL;
    bool window = is_in_window(start, size);
    if (start % HL_PAGE_SIZE != 0) {
        return -EINVAL;
    }
    if (r->rsi == 0) {
        return 0;
    }
    if (r->rsi > UINT64_MAX - HL_PAGE_SIZE || end < start || !is_mapped(start, end) || (window && region_count + 3 > REGIONS)) {
        return -ENOMEM;
    }
    if (!window && (start >= WINDOW_START || is_own_stack(start, end))) {
        return (permissions & PROT_WRITE) != 0 ? 0 : -EINVAL; /* the main stack stays writable */
    }
    if (window && !is_granted(size, permissions)) {
        return -ENOMEM;
    }
    protect_pages(start, end, permissions);
    if (window) {
        set_region(start, end, permissions);
    }
    return 0;
}

int64_t hl_linux_madvise(Registers *r)
{
    enum { MADV_DONTNEED = 4, MADV_FREE = 8 };
    touch_stack();
    uint64_t start = r->rdi, end = start + page_up(r->rsi);
    if (start % HL_PAGE_SIZE != 0 || end < start) {
        return -EINVAL;
    }
    if (!is_mapped(start, end)) {
        return -ENOMEM;
    }
    if (r->rdx == MADV_DONTNEED || r->rdx == MADV_FREE) {
        if (!is_in_window(start, end - start) || is_own_stack(start, end)) {
            return -EINVAL;
        }
        drop_all(start, end);
    }
    return 0;
}

int64_t hl_linux_brk(Registers *r)
{
    (void)r;
    return 0; /* there is no such memory: programs take memory by mmap */
}

int64_t hl_linux_mremap(Registers *r)
{
    return r->rsi < r->rdx ? -ENOMEM : -ENOSYS; /* memory never grows in place; a C library then allocates and copies */
}
