/* AES-GCM (NIST SP 800-38D) with nonces of 12 bytes, the only ones that .NET has. */
#include "aes.h"

#include "library.h"

static uint64_t load(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void store(uint8_t *bytes, uint64_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 8)
        bytes[i] = (uint8_t)value;
}

/* Adds a block and multiplies by the key, bit for bit and without a branch. */
static void hash_block(struct gcm *gcm, const uint8_t block[AES_BLOCK])
{
    uint64_t high = gcm->hash_key[0], low = gcm->hash_key[1], sum_high = 0, sum_low = 0;
    uint64_t words[2] = {gcm->hash[0] ^ load(block), gcm->hash[1] ^ load(block + 8)};
    for (int i = 0; i < 128; i++) {
        uint64_t mask = 0 - (words[i / 64] >> (63 - i % 64) & 1);
        sum_high ^= high & mask;
        sum_low ^= low & mask;
        uint64_t carry = 0 - (low & 1);
        low = low >> 1 | high << 63;
        high = high >> 1 ^ (carry & 0xE100000000000000);
    }
    gcm->hash[0] = sum_high;
    gcm->hash[1] = sum_low;
}

static void hash_rest(struct gcm *gcm, uint64_t size)
{
    size_t rest = size % AES_BLOCK;
    if (rest == 0)
        return;
    memset(gcm->pending + rest, 0, AES_BLOCK - rest);
    hash_block(gcm, gcm->pending);
}

static void next_counter(uint8_t counter[AES_BLOCK])
{
    for (int i = 15, carry = 1; i >= 12; i--) {
        carry += counter[i];
        counter[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

void hl_gcm_key(struct gcm *gcm, const uint8_t *key, size_t key_size)
{
    uint8_t zeros[AES_PARALLEL * AES_BLOCK] = {0};
    memset(gcm, 0, sizeof *gcm);
    hl_aes_key(&gcm->aes, key, key_size);
    hl_aes_encrypt(&gcm->aes, zeros);
    gcm->hash_key[0] = load(zeros);
    gcm->hash_key[1] = load(zeros + 8);
}

void hl_gcm_start(struct gcm *gcm, const uint8_t nonce[12])
{
    uint8_t blocks[AES_PARALLEL * AES_BLOCK] = {0};
    memcpy(gcm->counter, nonce, 12);
    memset(gcm->counter + 12, 0, 4);
    gcm->counter[15] = 1;
    memcpy(blocks, gcm->counter, AES_BLOCK);
    hl_aes_encrypt(&gcm->aes, blocks);
    memcpy(gcm->first, blocks, AES_BLOCK);
    gcm->hash[0] = gcm->hash[1] = 0;
    gcm->additional = gcm->text = 0;
}

void hl_gcm_additional(struct gcm *gcm, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        gcm->pending[gcm->additional++ % AES_BLOCK] = data[i];
        if (gcm->additional % AES_BLOCK == 0)
            hash_block(gcm, gcm->pending);
    }
}

void hl_gcm_crypt(struct gcm *gcm, uint8_t *to, const uint8_t *from, size_t size, int encrypt)
{
    uint8_t stream[AES_PARALLEL * AES_BLOCK];
    if (gcm->text == 0 && size > 0)
        hash_rest(gcm, gcm->additional);
    /* The key stream of a block that an earlier call began is in gcm->stream. */
    size_t used = gcm->text % AES_BLOCK, available = AES_BLOCK;
    memcpy(stream, gcm->stream, AES_BLOCK);
    for (size_t i = 0; i < size; i++) {
        if (used % available == 0 && gcm->text % AES_BLOCK == 0) {
            for (int block = 0; block < AES_PARALLEL; block++) {
                next_counter(gcm->counter);
                memcpy(stream + AES_BLOCK * block, gcm->counter, AES_BLOCK);
            }
            hl_aes_encrypt(&gcm->aes, stream);
            used = 0;
            available = sizeof stream;
        }
        uint8_t byte = from[i], crypted = byte ^ stream[used++];
        gcm->pending[gcm->text++ % AES_BLOCK] = encrypt ? crypted : byte;
        to[i] = crypted;
        if (gcm->text % AES_BLOCK == 0)
            hash_block(gcm, gcm->pending);
    }
    /* Blocks of the stream that were not begun are made again by the next call. */
    size_t begun = (used + AES_BLOCK - 1) / AES_BLOCK;
    if (available == sizeof stream) {
        uint32_t counter = (uint32_t)load(gcm->counter + 8) - (uint32_t)(AES_PARALLEL - begun);
        for (int i = 0; i < 4; i++)
            gcm->counter[15 - i] = (uint8_t)(counter >> 8 * i);
        if (begun > 0)
            memcpy(gcm->stream, stream + AES_BLOCK * (begun - 1), AES_BLOCK);
    }
}

void hl_gcm_tag(struct gcm *gcm, uint8_t tag[16])
{
    uint8_t lengths[AES_BLOCK];
    hash_rest(gcm, gcm->text > 0 ? gcm->text : gcm->additional);
    store(lengths, gcm->additional * 8);
    store(lengths + 8, gcm->text * 8);
    hash_block(gcm, lengths);
    store(tag, gcm->hash[0]);
    store(tag + 8, gcm->hash[1]);
    for (int i = 0; i < AES_BLOCK; i++)
        tag[i] ^= gcm->first[i];
}
