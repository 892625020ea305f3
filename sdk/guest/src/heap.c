/*
 * The heap: new blocks are taken from the bottom up, or from the list of free blocks by first fit.
 *
 *     front             start                     top            peak                    end
 *     | block | free |  | block | free | block |  |  was used once | never used, all zero |
 *
 * The free blocks form a list ordered by address. Neighbours are merged, and a block that reaches the top becomes part of
 * the unused rest. Memory above the peak is not touched until it is allocated, so in an image it takes no page.
 *
 * The front lies among the variables of the kit, which every call writes. So a call with small messages writes to no page
 * of the heap, and the sandbox has one page less of its own. Blocks of the guest's start would stay in the front for good,
 * so the start takes none there.
 */
#include "internal.h"

typedef struct Block {
    size_t size; /* bytes, with this header; a multiple of ALIGNMENT */
    union {
        struct Block *next; /* in a free block: the next free block, or NULL */
        uintptr_t mark;     /* in an allocated block: ALLOCATED */
    };
} Block;

#define ALIGNMENT 16u
#define HEADER 16u /* on i686 8 of these bytes are padding, which keeps the data aligned */
#define ALLOCATED ((uintptr_t)0xA110CA7Eu)
#define FRONT_SIZE 1024u

static _Alignas(ALIGNMENT) uint8_t front[FRONT_SIZE];

static struct {
    uintptr_t start, top, peak, end;
    size_t used;
    Block *free;
} heap;

void hl_heap_start(uintptr_t address, size_t size)
{
    heap.start = heap.top = heap.peak = (address + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1);
    heap.end = (address + size) & ~(uintptr_t)(ALIGNMENT - 1);
}

/* A kernel may give its heap addresses below its variables. Then there is no front, because the list and calloc count on their order. */
static size_t front_size(void)
{
    return (uintptr_t)front < heap.start ? FRONT_SIZE : 0;
}

void hl_heap_open_front(void)
{
    if (front_size() != 0) {
        Block *block = (Block *)(void *)front;
        block->size = FRONT_SIZE;
        block->next = heap.free;
        heap.free = block;
    }
}

/* The size of a block for `size` bytes of data; 0 if no block can be so large. */
static size_t block_size(size_t size)
{
    if (size > (size_t)PTRDIFF_MAX - 2 * ALIGNMENT) {
        return 0;
    }
    return HEADER + ((size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1));
}

static void *take(Block *block)
{
    block->mark = ALLOCATED;
    heap.used += block->size;
    return (uint8_t *)block + HEADER;
}

static bool is_within(uintptr_t data, uintptr_t start, uintptr_t end)
{
    return data >= start + HEADER && data <= end;
}

/* `caller` is the place of the call of the function that got `data`. */
static Block *block_of(void *data, uintptr_t caller)
{
    uintptr_t address = (uintptr_t)data, first = (uintptr_t)front;
    Block *block = (Block *)(void *)((uint8_t *)data - HEADER);
    if (address % ALIGNMENT != 0 ||
        (!is_within(address, heap.start, heap.top) && !is_within(address, first, first + front_size())) ||
        block->mark != ALLOCATED) {
        hl_abort_at(caller, hl_ErrorCode_FailureInDlmalloc, "free or realloc of what is not an allocated block");
    }
    return block;
}

void *malloc(size_t size)
{
    size_t needed = block_size(size);
    if (needed == 0) {
        return NULL;
    }
    for (Block **link = &heap.free; *link != NULL; link = &(*link)->next) {
        Block *block = *link;
        if (block->size < needed) {
            continue;
        }
        if (block->size - needed > HEADER) {
            Block *rest = (Block *)(void *)((uint8_t *)block + needed);
            rest->size = block->size - needed;
            rest->next = block->next;
            *link = rest;
            block->size = needed;
        } else {
            *link = block->next;
        }
        return take(block);
    }
    if (needed > heap.end - heap.top) {
        return NULL;
    }
    Block *block = (Block *)heap.top;
    block->size = needed;
    heap.top += needed;
    if (heap.top > heap.peak) {
        heap.peak = heap.top;
    }
    return take(block);
}

void *calloc(size_t count, size_t size)
{
    if (size != 0 && count > (size_t)PTRDIFF_MAX / size) {
        return NULL;
    }
    uintptr_t never_used = heap.peak;
    void *data = malloc(count * size);
    if (data != NULL && (uintptr_t)data < never_used) {
        size_t dirty = never_used - (uintptr_t)data;
        memset(data, 0, count * size < dirty ? count * size : dirty);
    }
    return data;
}

void free(void *data)
{
    if (data == NULL) {
        return;
    }
    Block *block = block_of(data, HL_CALLER);
    heap.used -= block->size;

    Block *before = NULL;
    Block **link = &heap.free;
    while (*link != NULL && *link < block) {
        before = *link;
        link = &before->next;
    }
    block->next = *link;
    *link = block;
    if ((uint8_t *)block + block->size == (uint8_t *)block->next) {
        block->size += block->next->size;
        block->next = block->next->next;
    }
    if (before != NULL && (uint8_t *)before + before->size == (uint8_t *)block) {
        before->size += block->size;
        before->next = block->next;
        block = before;
    }
    if ((uintptr_t)block + block->size == heap.top) {
        heap.top = (uintptr_t)block;
        for (link = &heap.free; *link != block; link = &(*link)->next) {
        }
        *link = NULL; /* the block nearest to the top is the last in the list */
    }
}

/* For C libraries and runtimes. The part in front of the aligned block becomes a block of its own, and is freed. */
void *aligned_alloc(size_t alignment, size_t size)
{
    if (alignment <= ALIGNMENT) {
        return malloc(size);
    }
    if (alignment > PTRDIFF_MAX / 2 || (alignment & (alignment - 1)) != 0 || size > PTRDIFF_MAX / 2 - alignment) {
        return NULL;
    }
    uint8_t *data = malloc(size + alignment);
    size_t front = data == NULL ? 0 : -(uintptr_t)data & (alignment - 1); /* a multiple of ALIGNMENT, so a header has room */
    if (front == 0) {
        return data;
    }
    Block *block = block_of(data, HL_CALLER), *aligned = (Block *)(void *)(data + front - HEADER);
    aligned->size = block->size - front;
    aligned->mark = ALLOCATED;
    block->size = front;
    free(data);
    return data + front;
}

size_t malloc_usable_size(void *data)
{
    return data == NULL ? 0 : block_of(data, HL_CALLER)->size - HEADER;
}

void *realloc(void *data, size_t size)
{
    if (data == NULL) {
        return malloc(size);
    }
    Block *block = block_of(data, HL_CALLER);
    size_t needed = block_size(size);
    if (needed != 0 && needed <= block->size) {
        return data;
    }
    void *moved = malloc(size);
    if (moved != NULL) {
        memcpy(moved, data, block->size - HEADER);
        free(data);
    }
    return moved;
}

hl_HeapInfo hl_heap_info(void)
{
    uintptr_t start = heap.start - front_size();
    return (hl_HeapInfo){.size = heap.end - start, .used = heap.used, .peak = heap.peak - start};
}
