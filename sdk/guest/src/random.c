/*
 * Random bytes: ChaCha20 (RFC 8439) with a key that the host gives. Every draw replaces the key, so that memory never tells which
 * numbers were drawn before.
 */
#include "internal.h"

#define BLOCK_WORDS 16u
#define BLOCK_BYTES (BLOCK_WORDS * 4)
#define KEY_BYTES 32u

static inline uint32_t rotate(uint32_t value, unsigned bits)
{
    return value << bits | value >> (32 - bits);
}

static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    *a += *b, *d = rotate(*d ^ *a, 16);
    *c += *d, *b = rotate(*b ^ *c, 12);
    *a += *b, *d = rotate(*d ^ *a, 8);
    *c += *d, *b = rotate(*b ^ *c, 7);
}

/* The block with this number; the nonce is 0, because a key makes one stream only. */
static void make_block(const uint8_t *key, uint32_t number, uint8_t *block)
{
    uint32_t start[BLOCK_WORDS] = {0x61707865, 0x3320646E, 0x79622D32, 0x6B206574};
    memcpy(start + 4, key, KEY_BYTES);
    start[12] = number;
    uint32_t words[BLOCK_WORDS];
    memcpy(words, start, BLOCK_BYTES);
    for (int round = 0; round < 20; round += 2) {
        for (int i = 0; i < 4; i++) {
            quarter_round(&words[i], &words[4 + i], &words[8 + i], &words[12 + i]);
        }
        for (int i = 0; i < 4; i++) {
            quarter_round(&words[i], &words[4 + (i + 1) % 4], &words[8 + (i + 2) % 4], &words[12 + (i + 3) % 4]);
        }
    }
    for (unsigned i = 0; i < BLOCK_WORDS; i++) {
        words[i] += start[i];
    }
    memcpy(block, words, BLOCK_BYTES);
}

static void set_key(const uint8_t *key)
{
    memcpy((void *)hl_kept->random_key, key, KEY_BYTES);
    hl_kept->random_seeded = 1;
}

static void seed(void)
{
    hl_Parameter count = hl_arg_Int(KEY_BYTES);
    hl_FunctionCall call = {
        .function_name = "HyperlightRandom", .parameters = &count, .parameters_len = 1, .return_type = hl_ReturnType_VecBytes};
    uint8_t key[KEY_BYTES] = {0};
    if (!hl_ask_host(&call, key, KEY_BYTES)) {
        uint64_t numbers[2] = {hl_random_seed(), __builtin_ia32_rdtsc()};
        memcpy(key, numbers, sizeof(numbers));
        static bool said;
        if (!said) {
            said = true;
            LOG(hl_Level_Warn, "The host has no function HyperlightRandom: random numbers come from the seed of the start and the time");
        }
    }
    set_key(key);
}

void hl_random(void *to, size_t size)
{
    if (hl_kept->random_seeded == 0) {
        seed();
    }
    uint8_t key[KEY_BYTES], block[BLOCK_BYTES];
    memcpy(key, (const void *)hl_kept->random_key, KEY_BYTES);
    make_block(key, 0, block);
    set_key(block);
    size_t ready = BLOCK_BYTES - KEY_BYTES;
    uint8_t *next = to;
    for (uint32_t number = 1;; number++) {
        size_t part = size < ready ? size : ready;
        memcpy(next, block + BLOCK_BYTES - ready, part);
        next += part;
        size -= part;
        if (size == 0) {
            break;
        }
        make_block(key, number, block);
        ready = BLOCK_BYTES;
    }
    memset(key, 0, sizeof(key));
    memset(block, 0, sizeof(block));
    __asm__ volatile("" : : "r"(key), "r"(block) : "memory"); /* the zeros are written although nobody reads them */
}

/* Weak, because the C library of a program that calls srand() has its own. */
__attribute__((weak)) int rand(void)
{
    uint32_t number;
    hl_random(&number, sizeof(number));
    return (int)(number >> 1);
}
