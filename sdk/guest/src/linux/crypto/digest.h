/* Message digests. An algorithm is a constant; a digest is a computation that is under way. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define DIGEST_MAX_SIZE 64
#define DIGEST_MAX_BLOCK 168

struct digest_state {
    union {
        uint32_t words32[8];
        uint64_t words64[8];
        uint64_t lanes[25]; /* SHA-3 */
    };
};

struct digest_algorithm {
    uint32_t size;        /* bytes of the result; for SHAKE what .NET asks a size for */
    uint32_t block;       /* bytes that one step takes */
    uint32_t length_size; /* bytes of the length behind the padding; 0 for SHA-3 */
    uint8_t big_endian;   /* of words and length */
    uint8_t word_size;
    uint8_t suffix;       /* SHA-3: the bits behind the message */
    uint8_t extendable;   /* the result may have any length */
    void (*start)(struct digest_state *state);
    void (*step)(struct digest_state *state, const uint8_t *block);
};

struct digest {
    const struct digest_algorithm *algorithm;
    struct digest_state state;
    uint64_t length;        /* bytes so far */
    uint32_t pending;       /* bytes in block, or bytes that were read of a result without an end */
    uint8_t squeezing;
    uint8_t block[DIGEST_MAX_BLOCK];
};

extern const struct digest_algorithm hl_md5, hl_sha1, hl_sha256, hl_sha384, hl_sha512;
extern const struct digest_algorithm hl_sha3_256, hl_sha3_384, hl_sha3_512, hl_shake128, hl_shake256;

void hl_digest_start(struct digest *digest, const struct digest_algorithm *algorithm);
void hl_digest_add(struct digest *digest, const void *data, size_t size);

/* Ends the computation. The result has the algorithm's size. */
void hl_digest_end(struct digest *digest, uint8_t *result);

/* Reads more of an extendable result. Nothing may be added afterwards. */
void hl_digest_squeeze(struct digest *digest, uint8_t *result, size_t size);

void hl_keccak(uint64_t lanes[25]);

struct hmac {
    struct digest inner, outer;             /* under way */
    struct digest inner_start, outer_start; /* behind the key */
};

void hl_hmac_start(struct hmac *hmac, const struct digest_algorithm *algorithm, const uint8_t *key, size_t size);
void hl_hmac_end(struct hmac *hmac, uint8_t *result);

/* Overwrites secrets, even where the compiler sees no later use. */
void hl_forget(void *memory, size_t size);
