/* AES for managed code: ECB, CBC, CFB and GCM. Managed code pads. */
#include "aes.h"
#include "dotnet.h"

enum mode { MODE_ECB, MODE_CBC, MODE_CFB8, MODE_CFB128, MODE_GCM };

struct cipher {
    enum mode mode;
    uint32_t key_size;
};

struct cipher_context {
    const struct cipher *cipher;
    int encrypt;
    uint8_t vector[AES_BLOCK];
    uint8_t tag[AES_BLOCK];
    uint32_t tag_size;
    struct gcm gcm; /* the key is in gcm.aes in every mode */
};

#define CIPHERS(bits) \
    static const struct cipher ecb##bits = {MODE_ECB, bits / 8}, cbc##bits = {MODE_CBC, bits / 8}; \
    static const struct cipher cfb8_##bits = {MODE_CFB8, bits / 8}, cfb128_##bits = {MODE_CFB128, bits / 8}; \
    static const struct cipher gcm##bits = {MODE_GCM, bits / 8}; \
    const struct cipher *CryptoNative_EvpAes##bits##Ecb(void) { return &ecb##bits; } \
    const struct cipher *CryptoNative_EvpAes##bits##Cbc(void) { return &cbc##bits; } \
    const struct cipher *CryptoNative_EvpAes##bits##Cfb8(void) { return &cfb8_##bits; } \
    const struct cipher *CryptoNative_EvpAes##bits##Cfb128(void) { return &cfb128_##bits; } \
    const struct cipher *CryptoNative_EvpAes##bits##Gcm(void) { return &gcm##bits; }

CIPHERS(128)
CIPHERS(192)
CIPHERS(256)

struct cipher_context *CryptoNative_EvpCipherCreatePartial(const struct cipher *cipher)
{
    struct cipher_context *context = cipher ? calloc(1, sizeof *context) : 0;
    if (context)
        context->cipher = cipher;
    else
        hl_crypto_fail(cipher ? FAILURE_MEMORY : FAILURE_ARGUMENT);
    return context;
}

int32_t CryptoNative_EvpCipherSetKeyAndIV(struct cipher_context *context, const uint8_t *key, const uint8_t *vector, int32_t encrypt)
{
    int is_gcm = context->cipher->mode == MODE_GCM;
    if (encrypt >= 0)
        context->encrypt = encrypt;
    if (key && is_gcm)
        hl_gcm_key(&context->gcm, key, context->cipher->key_size);
    else if (key)
        hl_aes_key(&context->gcm.aes, key, context->cipher->key_size);
    if (vector && is_gcm)
        hl_gcm_start(&context->gcm, vector);
    else if (vector && context->cipher->mode != MODE_ECB)
        memcpy(context->vector, vector, AES_BLOCK);
    return 1;
}

/* key_size: bits, or 0 for the cipher's own */
struct cipher_context *CryptoNative_EvpCipherCreate2(
    const struct cipher *cipher, const uint8_t *key, int32_t key_size, const uint8_t *vector, int32_t encrypt)
{
    if (cipher && key_size > 0 && (uint32_t)key_size != cipher->key_size * 8) {
        hl_crypto_fail(FAILURE_ARGUMENT);
        return 0;
    }
    struct cipher_context *context = CryptoNative_EvpCipherCreatePartial(cipher);
    if (context)
        CryptoNative_EvpCipherSetKeyAndIV(context, key, vector, encrypt);
    return context;
}

void CryptoNative_EvpCipherDestroy(struct cipher_context *context)
{
    if (context)
        hl_forget(context, sizeof *context);
    free(context);
}

int32_t CryptoNative_EvpCipherReset(struct cipher_context *context, const uint8_t *vector)
{
    return CryptoNative_EvpCipherSetKeyAndIV(context, 0, vector, -1);
}

int32_t CryptoNative_EvpCipherCtxSetPadding(struct cipher_context *context, int32_t padding)
{
    (void)context;
    return padding == 0 ? 1 : hl_crypto_fail(FAILURE_ARGUMENT);
}

int32_t CryptoNative_EvpCipherSetGcmNonceLength(struct cipher_context *context, int32_t size)
{
    return context->cipher->mode == MODE_GCM && size == 12 ? 1 : hl_crypto_fail(FAILURE_ARGUMENT);
}

static void crypt_one(const struct aes *aes, uint8_t block[AES_BLOCK])
{
    uint8_t blocks[AES_PARALLEL * AES_BLOCK] = {0};
    memcpy(blocks, block, AES_BLOCK);
    hl_aes_encrypt(aes, blocks);
    memcpy(block, blocks, AES_BLOCK);
}

/* Blocks that do not depend on one another: all but those of CBC on the way there. */
static void crypt_blocks(struct cipher_context *context, uint8_t *to, const uint8_t *from, size_t size)
{
    int is_cbc = context->cipher->mode == MODE_CBC;
    while (size > 0) {
        uint8_t blocks[AES_PARALLEL * AES_BLOCK] = {0}, before[AES_PARALLEL * AES_BLOCK];
        size_t part = size < sizeof blocks ? size : sizeof blocks;
        memcpy(blocks, from, part);
        memcpy(before, context->vector, AES_BLOCK);
        memcpy(before + AES_BLOCK, blocks, sizeof before - AES_BLOCK);
        if (is_cbc)
            memcpy(context->vector, from + part - AES_BLOCK, AES_BLOCK);
        if (context->encrypt)
            hl_aes_encrypt(&context->gcm.aes, blocks);
        else
            hl_aes_decrypt(&context->gcm.aes, blocks);
        for (size_t i = 0; i < part; i++)
            to[i] = is_cbc ? blocks[i] ^ before[i] : blocks[i];
        to += part;
        from += part;
        size -= part;
    }
}

static void encrypt_cbc(struct cipher_context *context, uint8_t *to, const uint8_t *from, size_t size)
{
    for (size_t i = 0; i < size; i += AES_BLOCK) {
        for (int byte = 0; byte < AES_BLOCK; byte++)
            context->vector[byte] ^= from[i + byte];
        crypt_one(&context->gcm.aes, context->vector);
        memcpy(to + i, context->vector, AES_BLOCK);
    }
}

static void crypt_cfb(struct cipher_context *context, uint8_t *to, const uint8_t *from, size_t size, size_t segment)
{
    for (size_t i = 0; i < size; i += segment) {
        uint8_t stream[AES_BLOCK];
        memcpy(stream, context->vector, AES_BLOCK);
        crypt_one(&context->gcm.aes, stream);
        memmove(context->vector, context->vector + segment, AES_BLOCK - segment);
        for (size_t byte = 0; byte < segment; byte++) {
            uint8_t in = from[i + byte], out = in ^ stream[byte];
            context->vector[AES_BLOCK - segment + byte] = context->encrypt ? out : in;
            to[i + byte] = out;
        }
    }
}

/* to: NULL for the data that GCM authenticates and does not encrypt */
int32_t CryptoNative_EvpCipherUpdate(struct cipher_context *context, uint8_t *to, int32_t *written, const uint8_t *from, int32_t size)
{
    enum mode mode = context->cipher->mode;
    size_t bytes = (size_t)size;
    *written = 0;
    if (size < 0)
        return hl_crypto_fail(FAILURE_ARGUMENT);
    if (mode != MODE_GCM && mode != MODE_CFB8 && bytes % AES_BLOCK != 0)
        return hl_crypto_fail(FAILURE_LENGTH);
    if (mode == MODE_GCM && !to) {
        hl_gcm_additional(&context->gcm, from, bytes);
        *written = size;
        return 1;
    }
    if (mode == MODE_GCM)
        hl_gcm_crypt(&context->gcm, to, from, bytes, context->encrypt);
    else if (mode == MODE_CFB8 || mode == MODE_CFB128)
        crypt_cfb(context, to, from, bytes, mode == MODE_CFB8 ? 1 : AES_BLOCK);
    else if (mode == MODE_CBC && context->encrypt)
        encrypt_cbc(context, to, from, bytes);
    else
        crypt_blocks(context, to, from, bytes);
    *written = size;
    return 1;
}

int32_t CryptoNative_EvpCipherFinalEx(struct cipher_context *context, uint8_t *to, int32_t *written)
{
    (void)to;
    *written = 0;
    if (context->cipher->mode != MODE_GCM)
        return 1;
    uint8_t tag[AES_BLOCK], difference = 0;
    hl_gcm_tag(&context->gcm, tag);
    if (context->encrypt) {
        memcpy(context->tag, tag, sizeof tag);
        return 1;
    }
    for (uint32_t i = 0; i < context->tag_size; i++)
        difference |= tag[i] ^ context->tag[i];
    return difference == 0 && context->tag_size > 0;
}

int32_t CryptoNative_EvpCipherGetGcmTag(struct cipher_context *context, uint8_t *tag, int32_t size)
{
    if (size < 0 || size > AES_BLOCK)
        return hl_crypto_fail(FAILURE_ARGUMENT);
    memcpy(tag, context->tag, (size_t)size);
    return 1;
}

int32_t CryptoNative_EvpCipherSetGcmTag(struct cipher_context *context, const uint8_t *tag, int32_t size)
{
    if (size < 1 || size > AES_BLOCK)
        return hl_crypto_fail(FAILURE_ARGUMENT);
    memcpy(context->tag, tag, (size_t)size);
    context->tag_size = (uint32_t)size;
    return 1;
}
