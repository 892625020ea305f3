/* System calls for memory. */
#include "calls.h"
#include <stdint.h>

enum { PAGE = 4096, NONE = 0, READ = 1, WRITE = 2, PRIVATE = 2, FIXED = 0x10, ANONYMOUS = 0x20, NO_REPLACE = 0x100000 };
enum { DONT_NEED = 4, ASYNC = 1 };

static long map(long address, long size, long permissions, long flags)
{
    return CALL(mmap, address, size, permissions, PRIVATE | ANONYMOUS | flags, -1, 0);
}

const char *calls_of_memory(void)
{
    volatile char *block = (volatile char *)map(0, 8 * PAGE, READ | WRITE, 0);
    long start = P(block);
    say("block %d, ", start > 0 && start % PAGE == 0 && block[5 * PAGE] == 0);
    block[0] = block[PAGE] = block[2 * PAGE] = 7;

    SHOW(mmap, 0, 0, READ, PRIVATE | ANONYMOUS, -1, 0);
    SHOW(mmap, 0, PAGE, READ, ANONYMOUS, -1, 0);
    SHOW(mmap, 0, PAGE, READ, PRIVATE, -1, 0);
    SHOW(mmap, start + 1, PAGE, READ, PRIVATE | ANONYMOUS | FIXED, -1, 0);
    SHOW(mmap, start, PAGE, READ, PRIVATE | ANONYMOUS | NO_REPLACE, -1, 0);
    SHOW(mmap, 0, -PAGE, READ, PRIVATE | ANONYMOUS, -1, 0);
    say("again %d %d, ", map(start + PAGE, PAGE, READ | WRITE, FIXED) == start + PAGE, block[PAGE]);

    SHOW(mprotect, start, PAGE, NONE);
    SHOW(mprotect, start, PAGE, READ | WRITE);
    SHOW(mprotect, start + 1, PAGE, READ);
    SHOW(mprotect, start, 0, READ);
    say("kept %d %d, ", block[0], block[2 * PAGE]);

    SHOW(madvise, start, PAGE, DONT_NEED);
    SHOW(madvise, start + 1, PAGE, DONT_NEED);
    say("zero %d, ", block[0]);
    SHOW(msync, start, PAGE, ASYNC);
    SHOW(mlock, start, PAGE);
    SHOW(mlock2, start, PAGE, 0);
    SHOW(munlock, start, PAGE);

    SHOW(munmap, start + PAGE, PAGE);
    SHOW(munmap, start + PAGE, PAGE);
    SHOW(munmap, start + 1, PAGE);
    SHOW(munmap, start, 0);
    SHOW(mprotect, start, 2 * PAGE, READ | WRITE);
    SHOW(madvise, start + PAGE, PAGE, DONT_NEED);
    say("rest %d, ", block[2 * PAGE]);
    SHOW(munmap, start, 8 * PAGE);
    return said();
}

/* ---- Many changes of a range of pages, compared with what they should be ---- */

enum { PAGES = 48, CHANGES = 2000 };

typedef struct Page {
    int mapped, permissions, content;
} Page;

static uint32_t state;

static uint32_t next(uint32_t limit)
{
    state = state * 1664525 + 1013904223;
    return (state >> 8) % limit;
}

static void change(long start, Page *pages)
{
    static const int permissions[] = {NONE, READ, READ | WRITE, READ | WRITE};
    uint32_t first = next(PAGES), count = 1 + next(PAGES - first), kind = next(8);
    int wanted = permissions[next(4)], all_mapped = 1;
    for (uint32_t i = first; i < first + count; i++) {
        all_mapped &= pages[i].mapped;
    }
    long from = start + first * PAGE, size = count * PAGE, result;
    if (kind == 0) {
        result = CALL(munmap, from, size);
    } else if (kind == 1 || kind == 2) {
        result = map(from, size, wanted, FIXED) == from ? 0 : -1;
    } else if (kind == 3 && all_mapped) {
        result = CALL(madvise, from, size, DONT_NEED);
    } else if (all_mapped) {
        result = CALL(mprotect, from, size, wanted);
    } else {
        return;
    }
    if (result != 0) {
        say("kind %u of %u pages: %ld, ", kind, count, result);
    }
    for (uint32_t i = first; i < first + count; i++) {
        pages[i].mapped = kind == 0 ? 0 : kind <= 2 ? 1 : pages[i].mapped;
        pages[i].permissions = kind == 3 ? pages[i].permissions : wanted;
        pages[i].content = kind <= 3 ? 0 : pages[i].content;
    }
}

const char *storm_of_memory(void)
{
    static Page pages[PAGES];
    long start = map(0, PAGES * PAGE, NONE, 0);
    state = 1;
    for (int i = 0; i < PAGES; i++) {
        pages[i] = (Page){1, NONE, 0};
    }
    for (int i = 0; i < CHANGES; i++) {
        change(start, pages);
        for (int j = 0; j < PAGES; j++) {
            volatile uint16_t *word = (volatile uint16_t *)(start + j * PAGE + 2 * (j % 100));
            if (pages[j].mapped && (pages[j].permissions & READ) != 0 && *word != pages[j].content) {
                say("change %d, page %d: %d instead of %d, ", i, j, *word, pages[j].content);
            }
            if (pages[j].mapped && (pages[j].permissions & WRITE) != 0 && next(4) == 0) {
                *word = (uint16_t)(pages[j].content = 1 + (int)next(60000));
            }
        }
    }
    SHOW(munmap, start, PAGES * PAGE);
    return said();
}
