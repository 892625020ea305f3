/* A guest for tests of the kit's heap. With -DLOW its heap lies below the variables of the kit, where there is no front. */
#include <internal.h>

#define FRONT_SIZE 1024u
#define HEADER 16u

/* Returns the number of the line whose condition is false. */
#define EXPECT(condition) do { if (!(condition)) return __LINE__; } while (0)

#ifdef LOW
static uint8_t low[8 * FRONT_SIZE] = {1};
#endif

static void *of_start; /* a block that the start allocates */

static bool is_in_front(const void *data)
{
    return (uintptr_t)data < (uintptr_t)hl_peb->heap.address;
}

static bool is_zero(const uint8_t *data, size_t size)
{
    while (size != 0 && data[size - 1] == 0) {
        size--;
    }
    return size == 0;
}

/* Each check begins and ends with the same free blocks: the message of the call is in the front, the rest of the front is free. */

static int32_t first_fit(void)
{
    EXPECT(!is_in_front(of_start));
    uint8_t *a = malloc(32), *b = malloc(32), *c = malloc(32), *end = malloc(32);
    EXPECT(is_in_front(a) && b == a + 32 + HEADER && c == b + 32 + HEADER && end == c + 32 + HEADER);
    free(a);
    free(c);
    EXPECT(malloc(32) == a && malloc(32) == c);
    free(c);
    free(b);
    free(a); /* three neighbours are one block, whatever their order */
    EXPECT(malloc(3 * 32 + 2 * HEADER) == a);
    free(a);
    free(end);
    EXPECT(malloc(600) == a);
    free(a);
    return 0;
}
HYPERLIGHT_WRAP_FUNCTION(first_fit, Int, 0)

static int32_t too_small_for_the_front(void)
{
    uint8_t *large = malloc(FRONT_SIZE), *largest = malloc(3 * HL_PAGE_SIZE);
    EXPECT(!is_in_front(large) && !is_in_front(largest));
    free(largest);
    EXPECT(malloc(3 * HL_PAGE_SIZE) == largest); /* the top has gone down */
    free(largest);
    free(large);

    uint8_t *blocks[FRONT_SIZE / HEADER];
    uint32_t count = 0;
    do {
        blocks[count] = malloc(16);
    } while (is_in_front(blocks[count++]));
    EXPECT(count > FRONT_SIZE / 2 / (2 * HEADER) && count <= FRONT_SIZE / (2 * HEADER));
    for (uint32_t i = 0; i < count; i += 2) {
        free(blocks[i]);
    }
    for (uint32_t i = 1; i < count; i += 2) {
        free(blocks[i]);
    }
    uint8_t *all = malloc((count - 1) * 2 * HEADER - HEADER);
    EXPECT(all == blocks[0]);
    free(all);
    return 0;
}
HYPERLIGHT_WRAP_FUNCTION(too_small_for_the_front, Int, 0)

static int32_t info(void)
{
    hl_HeapInfo before = hl_heap_info();
    EXPECT(before.size == (hl_peb->heap.size & ~(uint64_t)15) + FRONT_SIZE);
    EXPECT(before.used <= before.peak && before.peak <= before.size);
    void *small = malloc(40);
    EXPECT(hl_heap_info().used == before.used + 48 + HEADER && hl_heap_info().peak == before.peak);
    void *large = malloc(5 * HL_PAGE_SIZE);
    EXPECT(hl_heap_info().used == before.used + 48 + HEADER + 5 * HL_PAGE_SIZE + HEADER);
    EXPECT(hl_heap_info().peak >= (uintptr_t)large + 5 * HL_PAGE_SIZE - (uintptr_t)hl_peb->heap.address + FRONT_SIZE);
    free(large);
    free(small);
    EXPECT(hl_heap_info().used == before.used);
    EXPECT(malloc(before.size - FRONT_SIZE) == NULL);
    return 0;
}
HYPERLIGHT_WRAP_FUNCTION(info, Int, 0)

static int32_t content(void)
{
    uint8_t *dirty = malloc(200);
    memset(dirty, 0xFF, 200);
    free(dirty);
    uint8_t *clean = calloc(20, 10);
    EXPECT(clean == dirty && is_zero(clean, 200));
    memset(clean, 7, 200);
    uint8_t *moved = realloc(clean, 2 * FRONT_SIZE);
    EXPECT(!is_in_front(moved) && moved[0] == 7 && moved[199] == 7);
    EXPECT(malloc(200) == clean);
    EXPECT(realloc(clean, 100) == clean && malloc_usable_size(clean) == 208);
    free(clean);
    free(moved);

    uint8_t *aligned = aligned_alloc(128, 100);
    EXPECT(is_in_front(aligned) && (uintptr_t)aligned % 128 == 0 && malloc_usable_size(aligned) >= 100);
    free(aligned);
    EXPECT(malloc(600) == clean);
    free(clean);
    return 0;
}
HYPERLIGHT_WRAP_FUNCTION(content, Int, 0)

/* A heap without a front. Returns 0 if everything lies in it. */
static int32_t without_front(void)
{
#ifdef LOW
    uint8_t *block = malloc(32);
    EXPECT(block >= low && block < low + sizeof(low) && (uint8_t *)of_start >= low && (uint8_t *)of_start < block);
    EXPECT(hl_heap_info().size == sizeof(low) && hl_heap_info().used <= hl_heap_info().peak);
    memset(block, 0xFF, 32);
    free(block);
    EXPECT(calloc(1, 32) == block && is_zero(block, 32));
    free(block);
#endif
    return 0;
}
HYPERLIGHT_WRAP_FUNCTION(without_front, Int, 0)

/* Frees what is no block; does not return. */
static int32_t free_wrongly(int32_t kind)
{
    static uintptr_t decoy[64] __attribute__((aligned(16))); /* behind the front, in front of the heap */
    uint8_t *block = malloc(64);
    memset(block, 0, 64);
    decoy[0] = 64;
    decoy[1] = 0xA110CA7E;
    switch (kind) {
    case 0:
        free(block);
        break;
    case 1:
        block += HEADER;
        break;
    case 2:
        block += 1;
        break;
    default:
        block = (uint8_t *)decoy + HEADER;
        break;
    }
    free(block);
    return 0;
}
HYPERLIGHT_WRAP_FUNCTION(free_wrongly, Int, 1, Int)

void hyperlight_main(void)
{
#ifdef LOW
    hl_heap_start((uintptr_t)low, sizeof(low));
#endif
    of_start = malloc(16);
    HYPERLIGHT_REGISTER_FUNCTION("FirstFit", first_fit);
    HYPERLIGHT_REGISTER_FUNCTION("TooSmallForTheFront", too_small_for_the_front);
    HYPERLIGHT_REGISTER_FUNCTION("Info", info);
    HYPERLIGHT_REGISTER_FUNCTION("Content", content);
    HYPERLIGHT_REGISTER_FUNCTION("WithoutFront", without_front);
    HYPERLIGHT_REGISTER_FUNCTION("FreeWrongly", free_wrongly);
}
