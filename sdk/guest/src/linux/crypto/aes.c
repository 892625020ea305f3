/*
 * Four blocks are worked on at once, in slices: word b has bit b of each of their 64 bytes. Byte 4 * column + row of a block is bit
 * 4 * column + row of the block's 16 bits.
 */
#include "aes.h"

#include "library.h"

static void swap_bits(uint64_t *word, int distance, uint64_t mask)
{
    uint64_t change = (*word ^ *word >> distance) & mask;
    *word ^= change ^ change << distance;
}

/* Exchanges rows and columns of 8 * 8 bits. */
static uint64_t transpose(uint64_t word)
{
    swap_bits(&word, 7, 0x00AA00AA00AA00AA);
    swap_bits(&word, 14, 0x0000CCCC0000CCCC);
    swap_bits(&word, 28, 0x00000000F0F0F0F0);
    return word;
}

static void slice(uint64_t slices[8], const uint8_t bytes[64])
{
    memset(slices, 0, 8 * sizeof *slices);
    for (int group = 0; group < 8; group++) {
        uint64_t word;
        memcpy(&word, bytes + 8 * group, 8);
        word = transpose(word);
        for (int bit = 0; bit < 8; bit++)
            slices[bit] |= (word >> 8 * bit & 0xFF) << 8 * group;
    }
}

static void unslice(uint8_t bytes[64], const uint64_t slices[8])
{
    for (int group = 0; group < 8; group++) {
        uint64_t word = 0;
        for (int bit = 0; bit < 8; bit++)
            word |= (slices[bit] >> 8 * group & 0xFF) << 8 * bit;
        word = transpose(word);
        memcpy(bytes + 8 * group, &word, 8);
    }
}

/* Divides by x^8 + x^4 + x^3 + x + 1. */
static void reduce(uint64_t product[15])
{
    for (int i = 14; i >= 8; i--) {
        product[i - 4] ^= product[i];
        product[i - 5] ^= product[i];
        product[i - 7] ^= product[i];
        product[i - 8] ^= product[i];
    }
}

static void multiply(uint64_t to[8], const uint64_t a[8], const uint64_t b[8])
{
    uint64_t product[15] = {0};
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 8; j++)
            product[i + j] ^= a[i] & b[j];
    reduce(product);
    memcpy(to, product, 8 * sizeof *to);
}

static void square(uint64_t to[8], const uint64_t a[8])
{
    uint64_t product[15] = {0};
    for (int i = 0; i < 8; i++)
        product[2 * i] = a[i];
    reduce(product);
    memcpy(to, product, 8 * sizeof *to);
}

/* x^254, which is the inverse of x, and 0 for 0 */
static void invert(uint64_t x[8])
{
    uint64_t x2[8], x3[8], x12[8], power[8];
    square(x2, x);
    multiply(x3, x2, x);
    square(x12, x3);
    square(x12, x12);
    multiply(power, x12, x3); /* 15 */
    for (int i = 0; i < 4; i++)
        square(power, power); /* 240 */
    multiply(power, power, x12);
    multiply(x, power, x2);
}

static void substitute(uint64_t s[8])
{
    uint64_t x[8];
    invert(s);
    memcpy(x, s, sizeof x);
    for (int i = 0; i < 8; i++) {
        s[i] = x[i] ^ x[(i + 4) % 8] ^ x[(i + 5) % 8] ^ x[(i + 6) % 8] ^ x[(i + 7) % 8];
        s[i] ^= 0 - (uint64_t)(0x63 >> i & 1);
    }
}

static void substitute_back(uint64_t s[8])
{
    uint64_t x[8];
    memcpy(x, s, sizeof x);
    for (int i = 0; i < 8; i++) {
        s[i] = x[(i + 2) % 8] ^ x[(i + 5) % 8] ^ x[(i + 7) % 8];
        s[i] ^= 0 - (uint64_t)(0x05 >> i & 1);
    }
    invert(s);
}

/* Rotates row r by r columns, or by -r columns for the way back. */
static void shift_rows(uint64_t s[8], int back)
{
    for (int i = 0; i < 8; i++) {
        uint64_t word = s[i] & 0x1111111111111111;
        for (int row = 1; row < 4; row++) {
            int columns = back ? 4 - row : row;
            uint64_t bits = s[i] & 0x1111111111111111ull << row;
            uint64_t low = 0x0001000100010001ull * ((1u << 4 * columns) - 1); /* the columns that go round */
            word |= (bits & ~low) >> 4 * columns | (bits & low) << (16 - 4 * columns);
        }
        s[i] = word;
    }
}

static uint64_t next_row(uint64_t word)
{
    return (word >> 1 & 0x7777777777777777) | (word << 3 & 0x8888888888888888);
}

static uint64_t second_next_row(uint64_t word)
{
    return (word >> 2 & 0x3333333333333333) | (word << 2 & 0xCCCCCCCCCCCCCCCC);
}

static void twice(uint64_t to[8], const uint64_t a[8])
{
    uint64_t high = a[7];
    for (int i = 7; i > 0; i--)
        to[i] = a[i - 1];
    to[0] = high;
    to[1] ^= high;
    to[3] ^= high;
    to[4] ^= high;
}

/* Row r becomes 2 a(r) + 3 a(r + 1) + a(r + 2) + a(r + 3). */
static void mix_columns(uint64_t s[8])
{
    uint64_t pair[8], doubled[8];
    for (int i = 0; i < 8; i++)
        pair[i] = s[i] ^ next_row(s[i]);
    twice(doubled, pair);
    for (int i = 0; i < 8; i++)
        s[i] = doubled[i] ^ next_row(s[i]) ^ second_next_row(pair[i]);
}

/* The way back is the way there on rows that have 4 (a(r) + a(r + 2)) added. */
static void mix_columns_back(uint64_t s[8])
{
    uint64_t pair[8];
    for (int i = 0; i < 8; i++)
        pair[i] = s[i] ^ second_next_row(s[i]);
    twice(pair, pair);
    twice(pair, pair);
    for (int i = 0; i < 8; i++)
        s[i] ^= pair[i];
    mix_columns(s);
}

static void add_key(uint64_t s[8], const uint64_t key[8])
{
    for (int i = 0; i < 8; i++)
        s[i] ^= key[i];
}

static void substitute_word(uint8_t word[4])
{
    uint8_t bytes[64] = {0};
    uint64_t slices[8];
    memcpy(bytes, word, 4);
    slice(slices, bytes);
    substitute(slices);
    unslice(bytes, slices);
    memcpy(word, bytes, 4);
}

void hl_aes_key(struct aes *aes, const uint8_t *key, size_t key_size)
{
    uint8_t words[60][4];
    size_t count = key_size / 4;
    uint8_t constant = 1;
    aes->rounds = (int)count + 6;
    memcpy(words, key, key_size);
    for (size_t i = count; i < 4 * ((size_t)aes->rounds + 1); i++) {
        uint8_t word[4];
        memcpy(word, words[i - 1], 4);
        if (i % count == 0) {
            uint8_t first = word[0];
            memmove(word, word + 1, 3);
            word[3] = first;
            substitute_word(word);
            word[0] ^= constant;
            constant = (uint8_t)(constant << 1 ^ (constant >> 7) * 0x1B);
        } else if (count > 6 && i % count == 4) {
            substitute_word(word);
        }
        for (int byte = 0; byte < 4; byte++)
            words[i][byte] = words[i - count][byte] ^ word[byte];
    }
    for (int round = 0; round <= aes->rounds; round++) {
        uint8_t bytes[64];
        for (int block = 0; block < AES_PARALLEL; block++)
            memcpy(bytes + AES_BLOCK * block, words[4 * round], AES_BLOCK);
        slice(aes->keys[round], bytes);
    }
}

void hl_aes_encrypt(const struct aes *aes, uint8_t blocks[AES_PARALLEL * AES_BLOCK])
{
    uint64_t s[8];
    slice(s, blocks);
    add_key(s, aes->keys[0]);
    for (int round = 1; round <= aes->rounds; round++) {
        substitute(s);
        shift_rows(s, 0);
        if (round < aes->rounds)
            mix_columns(s);
        add_key(s, aes->keys[round]);
    }
    unslice(blocks, s);
}

void hl_aes_decrypt(const struct aes *aes, uint8_t blocks[AES_PARALLEL * AES_BLOCK])
{
    uint64_t s[8];
    slice(s, blocks);
    for (int round = aes->rounds; round > 0; round--) {
        add_key(s, aes->keys[round]);
        if (round < aes->rounds)
            mix_columns_back(s);
        shift_rows(s, 1);
        substitute_back(s);
    }
    add_key(s, aes->keys[0]);
    unslice(blocks, s);
}
