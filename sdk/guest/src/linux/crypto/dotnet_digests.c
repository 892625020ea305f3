/* Digests, HMAC and PBKDF2 for managed code. */
#include "dotnet.h"

#define ALGORITHM(name, algorithm) \
    const struct digest_algorithm *CryptoNative_Evp##name(void) { return &algorithm; }

ALGORITHM(Md5, hl_md5)
ALGORITHM(Sha1, hl_sha1)
ALGORITHM(Sha256, hl_sha256)
ALGORITHM(Sha384, hl_sha384)
ALGORITHM(Sha512, hl_sha512)
ALGORITHM(Sha3_256, hl_sha3_256)
ALGORITHM(Sha3_384, hl_sha3_384)
ALGORITHM(Sha3_512, hl_sha3_512)
ALGORITHM(Shake128, hl_shake128)
ALGORITHM(Shake256, hl_shake256)

int32_t CryptoNative_GetMaxMdSize(void)
{
    return DIGEST_MAX_SIZE;
}

int32_t CryptoNative_EvpMdSize(const struct digest_algorithm *algorithm)
{
    return (int32_t)algorithm->size;
}

struct digest *CryptoNative_EvpMdCtxCreate(const struct digest_algorithm *algorithm)
{
    struct digest *digest = algorithm ? calloc(1, sizeof *digest) : 0;
    if (digest)
        hl_digest_start(digest, algorithm);
    else
        hl_crypto_fail(algorithm ? FAILURE_MEMORY : FAILURE_ARGUMENT);
    return digest;
}

struct digest *CryptoNative_EvpMdCtxCopyEx(const struct digest *other)
{
    struct digest *digest = CryptoNative_EvpMdCtxCreate(other->algorithm);
    if (digest)
        *digest = *other;
    return digest;
}

void CryptoNative_EvpMdCtxDestroy(struct digest *digest)
{
    if (digest)
        hl_forget(digest, sizeof *digest);
    free(digest);
}

int32_t CryptoNative_EvpDigestReset(struct digest *digest, const struct digest_algorithm *algorithm)
{
    hl_digest_start(digest, algorithm ? algorithm : digest->algorithm);
    return 1;
}

int32_t CryptoNative_EvpDigestUpdate(struct digest *digest, const void *data, int32_t size)
{
    if (size < 0 || digest->squeezing)
        return hl_crypto_fail(FAILURE_ARGUMENT);
    hl_digest_add(digest, data, (size_t)size);
    return 1;
}

int32_t CryptoNative_EvpDigestFinalEx(struct digest *digest, uint8_t *result, uint32_t *size)
{
    hl_digest_end(digest, result);
    *size = digest->algorithm->size;
    return 1;
}

int32_t CryptoNative_EvpDigestCurrent(const struct digest *digest, uint8_t *result, uint32_t *size)
{
    struct digest copy = *digest;
    int32_t done = CryptoNative_EvpDigestFinalEx(&copy, result, size);
    hl_forget(&copy, sizeof copy);
    return done;
}

static int32_t squeeze(struct digest *digest, uint8_t *result, uint32_t size)
{
    if (!digest->algorithm->extendable)
        return hl_crypto_fail(FAILURE_ARGUMENT);
    hl_digest_squeeze(digest, result, size);
    return 1;
}

int32_t CryptoNative_EvpDigestFinalXOF(struct digest *digest, uint8_t *result, uint32_t size)
{
    return squeeze(digest, result, size);
}

int32_t CryptoNative_EvpDigestCurrentXOF(const struct digest *digest, uint8_t *result, uint32_t size)
{
    struct digest copy = *digest;
    int32_t done = squeeze(&copy, result, size);
    hl_forget(&copy, sizeof copy);
    return done;
}

int32_t CryptoNative_EvpDigestSqueeze(struct digest *digest, uint8_t *result, uint32_t size, int32_t *exists)
{
    *exists = 1;
    return squeeze(digest, result, size);
}

int32_t CryptoNative_EvpDigestOneShot(
    const struct digest_algorithm *algorithm, const void *data, int32_t data_size, uint8_t *result, uint32_t *size)
{
    struct digest digest;
    if (!algorithm || data_size < 0)
        return hl_crypto_fail(FAILURE_ARGUMENT);
    hl_digest_start(&digest, algorithm);
    hl_digest_add(&digest, data, (size_t)data_size);
    CryptoNative_EvpDigestFinalEx(&digest, result, size);
    hl_forget(&digest, sizeof digest);
    return 1;
}

int32_t CryptoNative_EvpDigestXOFOneShot(
    const struct digest_algorithm *algorithm, const void *data, int32_t data_size, uint8_t *result, uint32_t size)
{
    struct digest digest;
    if (!algorithm || data_size < 0)
        return hl_crypto_fail(FAILURE_ARGUMENT);
    hl_digest_start(&digest, algorithm);
    hl_digest_add(&digest, data, (size_t)data_size);
    int32_t done = squeeze(&digest, result, size);
    hl_forget(&digest, sizeof digest);
    return done;
}

struct hmac *CryptoNative_HmacCreate(const uint8_t *key, int32_t size, const struct digest_algorithm *algorithm)
{
    struct hmac *hmac = algorithm && size >= 0 ? calloc(1, sizeof *hmac) : 0;
    if (hmac)
        hl_hmac_start(hmac, algorithm, key, (size_t)size);
    else
        hl_crypto_fail(algorithm && size >= 0 ? FAILURE_MEMORY : FAILURE_ARGUMENT);
    return hmac;
}

struct hmac *CryptoNative_HmacCopy(const struct hmac *other)
{
    struct hmac *hmac = calloc(1, sizeof *hmac);
    if (hmac)
        *hmac = *other;
    else
        hl_crypto_fail(FAILURE_MEMORY);
    return hmac;
}

void CryptoNative_HmacDestroy(struct hmac *hmac)
{
    if (hmac)
        hl_forget(hmac, sizeof *hmac);
    free(hmac);
}

int32_t CryptoNative_HmacReset(struct hmac *hmac)
{
    hmac->inner = hmac->inner_start;
    hmac->outer = hmac->outer_start;
    return 1;
}

int32_t CryptoNative_HmacUpdate(struct hmac *hmac, const uint8_t *data, int32_t size)
{
    return CryptoNative_EvpDigestUpdate(&hmac->inner, data, size);
}

int32_t CryptoNative_HmacFinal(struct hmac *hmac, uint8_t *result, int32_t *size)
{
    hl_hmac_end(hmac, result);
    *size = (int32_t)hmac->inner.algorithm->size;
    return 1;
}

int32_t CryptoNative_HmacCurrent(const struct hmac *hmac, uint8_t *result, int32_t *size)
{
    struct hmac copy = *hmac;
    int32_t done = CryptoNative_HmacFinal(&copy, result, size);
    hl_forget(&copy, sizeof copy);
    return done;
}

int32_t CryptoNative_HmacOneShot(
    const struct digest_algorithm *algorithm, const uint8_t *key, int32_t key_size, const uint8_t *data, int32_t data_size,
    uint8_t *result, int32_t *size)
{
    struct hmac hmac;
    if (!algorithm || key_size < 0 || data_size < 0) {
        hl_crypto_fail(FAILURE_ARGUMENT);
        return -1;
    }
    hl_hmac_start(&hmac, algorithm, key, (size_t)key_size);
    hl_digest_add(&hmac.inner, data, (size_t)data_size);
    CryptoNative_HmacFinal(&hmac, result, size);
    hl_forget(&hmac, sizeof hmac);
    return 1;
}

int32_t CryptoNative_Pbkdf2(
    const uint8_t *password, int32_t password_size, const uint8_t *salt, int32_t salt_size, int32_t iterations,
    const struct digest_algorithm *algorithm, uint8_t *result, int32_t size)
{
    struct hmac hmac;
    if (!algorithm || password_size < 0 || salt_size < 0 || iterations < 1 || size < 0) {
        hl_crypto_fail(FAILURE_ARGUMENT);
        return -1;
    }
    hl_hmac_start(&hmac, algorithm, password, (size_t)password_size);
    for (uint32_t block = 1; size > 0; block++) {
        uint8_t number[4] = {(uint8_t)(block >> 24), (uint8_t)(block >> 16), (uint8_t)(block >> 8), (uint8_t)block};
        uint8_t chain[DIGEST_MAX_SIZE], sum[DIGEST_MAX_SIZE] = {0};
        uint32_t part = (uint32_t)size < algorithm->size ? (uint32_t)size : algorithm->size;
        for (int32_t i = 0; i < iterations; i++) {
            CryptoNative_HmacReset(&hmac);
            if (i == 0) {
                hl_digest_add(&hmac.inner, salt, (size_t)salt_size);
                hl_digest_add(&hmac.inner, number, sizeof number);
            } else {
                hl_digest_add(&hmac.inner, chain, algorithm->size);
            }
            hl_hmac_end(&hmac, chain);
            for (uint32_t byte = 0; byte < algorithm->size; byte++)
                sum[byte] ^= chain[byte];
        }
        memcpy(result, sum, part);
        hl_forget(chain, sizeof chain);
        hl_forget(sum, sizeof sum);
        result += part;
        size -= (int32_t)part;
    }
    hl_forget(&hmac, sizeof hmac);
    return 1;
}
