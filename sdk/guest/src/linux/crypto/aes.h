/* AES (FIPS 197) without tables: the time and the addresses depend on neither key nor data. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define AES_BLOCK 16
#define AES_PARALLEL 4 /* blocks that one pass works on */

struct aes {
    int rounds;
    uint64_t keys[15][8]; /* sliced as the data */
};

/* key_size: 16, 24 or 32 bytes */
void hl_aes_key(struct aes *aes, const uint8_t *key, size_t key_size);
void hl_aes_encrypt(const struct aes *aes, uint8_t blocks[AES_PARALLEL * AES_BLOCK]);
void hl_aes_decrypt(const struct aes *aes, uint8_t blocks[AES_PARALLEL * AES_BLOCK]);

struct gcm {
    struct aes aes;
    uint64_t hash_key[2], hash[2]; /* the first bit of a block is the highest bit of [0] */
    uint64_t additional, text;     /* bytes so far */
    uint8_t counter[AES_BLOCK], first[AES_BLOCK];
    uint8_t stream[AES_BLOCK], pending[AES_BLOCK];
};

void hl_gcm_key(struct gcm *gcm, const uint8_t *key, size_t key_size);
void hl_gcm_start(struct gcm *gcm, const uint8_t nonce[12]);
void hl_gcm_additional(struct gcm *gcm, const uint8_t *data, size_t size);
void hl_gcm_crypt(struct gcm *gcm, uint8_t *to, const uint8_t *from, size_t size, int encrypt);
void hl_gcm_tag(struct gcm *gcm, uint8_t tag[16]);
