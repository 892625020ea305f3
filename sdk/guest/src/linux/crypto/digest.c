/* Feeds blocks to the steps of an algorithm, and pads the last one. */
#include "digest.h"

#include "library.h"

void hl_forget(void *memory, size_t size)
{
    memset(memory, 0, size);
    __asm__ volatile("" : : "r"(memory) : "memory");
}

void hl_digest_start(struct digest *digest, const struct digest_algorithm *algorithm)
{
    memset(digest, 0, sizeof *digest);
    digest->algorithm = algorithm;
    algorithm->start(&digest->state);
}

void hl_digest_add(struct digest *digest, const void *data, size_t size)
{
    const struct digest_algorithm *algorithm = digest->algorithm;
    const uint8_t *from = data;
    digest->length += size;
    while (size > 0) {
        size_t part = algorithm->block - digest->pending;
        if (part > size)
            part = size;
        if (part == algorithm->block) {
            algorithm->step(&digest->state, from);
        } else {
            memcpy(digest->block + digest->pending, from, part);
            digest->pending += (uint32_t)part;
            if (digest->pending == algorithm->block) {
                algorithm->step(&digest->state, digest->block);
                digest->pending = 0;
            }
        }
        from += part;
        size -= part;
    }
}

static void pad_sha3(struct digest *digest)
{
    const struct digest_algorithm *algorithm = digest->algorithm;
    memset(digest->block + digest->pending, 0, algorithm->block - digest->pending);
    digest->block[digest->pending] = algorithm->suffix;
    digest->block[algorithm->block - 1] |= 0x80;
    algorithm->step(&digest->state, digest->block);
    digest->pending = 0;
    digest->squeezing = 1;
}

static void pad_with_length(struct digest *digest)
{
    const struct digest_algorithm *algorithm = digest->algorithm;
    uint32_t end = algorithm->block - algorithm->length_size;
    digest->block[digest->pending++] = 0x80;
    if (digest->pending > end) {
        memset(digest->block + digest->pending, 0, algorithm->block - digest->pending);
        algorithm->step(&digest->state, digest->block);
        digest->pending = 0;
    }
    memset(digest->block + digest->pending, 0, algorithm->block - digest->pending);
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t at = algorithm->big_endian ? algorithm->block - 1 - i : end + i;
        digest->block[at] = (uint8_t)(digest->length * 8 >> 8 * i);
    }
    /* A length of 128 bits has the three bits that are lost above. No guest has 2^61 bytes. */
    algorithm->step(&digest->state, digest->block);
}

void hl_digest_squeeze(struct digest *digest, uint8_t *result, size_t size)
{
    if (!digest->squeezing)
        pad_sha3(digest);
    for (size_t i = 0; i < size; i++) {
        if (digest->pending == digest->algorithm->block) {
            hl_keccak(digest->state.lanes);
            digest->pending = 0;
        }
        result[i] = (uint8_t)(digest->state.lanes[digest->pending / 8] >> 8 * (digest->pending % 8));
        digest->pending++;
    }
}

void hl_digest_end(struct digest *digest, uint8_t *result)
{
    const struct digest_algorithm *algorithm = digest->algorithm;
    if (algorithm->length_size == 0) {
        hl_digest_squeeze(digest, result, algorithm->size);
        return;
    }
    pad_with_length(digest);
    for (uint32_t i = 0; i < algorithm->size; i++) {
        uint32_t word = i / algorithm->word_size, byte = i % algorithm->word_size;
        uint32_t shift = 8 * (algorithm->big_endian ? algorithm->word_size - 1u - byte : byte);
        uint64_t value = algorithm->word_size == 8 ? digest->state.words64[word] : digest->state.words32[word];
        result[i] = (uint8_t)(value >> shift);
    }
}

void hl_hmac_start(struct hmac *hmac, const struct digest_algorithm *algorithm, const uint8_t *key, size_t size)
{
    uint8_t block[DIGEST_MAX_BLOCK] = {0};
    if (size > algorithm->block) {
        struct digest digest;
        hl_digest_start(&digest, algorithm);
        hl_digest_add(&digest, key, size);
        hl_digest_end(&digest, block);
    } else if (size > 0) {
        memcpy(block, key, size);
    }
    for (uint32_t i = 0; i < algorithm->block; i++)
        block[i] ^= 0x36;
    hl_digest_start(&hmac->inner_start, algorithm);
    hl_digest_add(&hmac->inner_start, block, algorithm->block);
    for (uint32_t i = 0; i < algorithm->block; i++)
        block[i] ^= 0x36 ^ 0x5C;
    hl_digest_start(&hmac->outer_start, algorithm);
    hl_digest_add(&hmac->outer_start, block, algorithm->block);
    hmac->inner = hmac->inner_start;
    hmac->outer = hmac->outer_start;
    hl_forget(block, sizeof block);
}

void hl_hmac_end(struct hmac *hmac, uint8_t *result)
{
    uint8_t inner[DIGEST_MAX_SIZE];
    hl_digest_end(&hmac->inner, inner);
    hl_digest_add(&hmac->outer, inner, hmac->inner.algorithm->size);
    hl_digest_end(&hmac->outer, result);
}
