/* Errors and initialization. OpenSSL has a queue of errors; .NET asks for one of them, right after a call that failed. */
#include "dotnet.h"

static enum failure last;

static const char *const texts[] = {
    [FAILURE_NONE] = "no error",
    [FAILURE_MEMORY] = "out of memory",
    [FAILURE_ARGUMENT] = "an argument is not valid",
    [FAILURE_LENGTH] = "the input is not a whole number of blocks",
    [FAILURE_RANDOM] = "there are no random numbers",
};

int hl_crypto_fail(enum failure failure)
{
    last = failure;
    return 0;
}

static const char *text_of(uint64_t error)
{
    return error < sizeof texts / sizeof *texts ? texts[error] : "unknown error";
}

uint64_t CryptoNative_ErrClearError(void)
{
    enum failure error = last;
    last = FAILURE_NONE;
    return error;
}

uint64_t CryptoNative_ErrGetExceptionError(int32_t *is_memory)
{
    *is_memory = last == FAILURE_MEMORY;
    return CryptoNative_ErrClearError();
}

uint64_t CryptoNative_ErrPeekError(void)
{
    return last;
}

uint64_t CryptoNative_ErrPeekLastError(void)
{
    return last;
}

const char *CryptoNative_ErrReasonErrorString(uint64_t error)
{
    return text_of(error);
}

void CryptoNative_ErrErrorStringN(uint64_t error, char *to, int32_t size)
{
    if (size <= 0)
        return;
    const char *text = text_of(error);
    size_t length = strlen(text) < (size_t)size ? strlen(text) : (size_t)size - 1;
    memcpy(to, text, length);
    to[length] = 0;
}

int32_t CryptoNative_EnsureOpenSslInitialized(void)
{
    return 0;
}

int32_t CryptoNative_OpenSslAvailable(void)
{
    return 1;
}

void CryptoNative_RegisterLegacyAlgorithms(void)
{
}

int32_t CryptoNative_GetRandomBytes(uint8_t *to, int32_t size)
{
    while (size > 0) {
        long got = getrandom(to, (size_t)size, 0);
        if (got <= 0)
            return hl_crypto_fail(FAILURE_RANDOM);
        to += got;
        size -= (int32_t)got;
    }
    return 1;
}

/* Managed code asks here whether an algorithm exists, and has another way, or says that it is not supported. */
void *CryptoNative_EvpKdfFetch(const char *name, int32_t *exists)
{
    (void)name;
    *exists = 0;
    return 0;
}

void CryptoNative_EvpKdfFree(void *function)
{
    (void)function;
}

void *CryptoNative_EvpMacFetch(const char *name, int32_t *exists)
{
    (void)name;
    *exists = 0;
    return 0;
}

void CryptoNative_EvpMacFree(void *function)
{
    (void)function;
}

int32_t CryptoNative_EvpKemAvailable(const char *name)
{
    (void)name;
    return 0;
}

int32_t CryptoNative_IsSignatureAlgorithmAvailable(const char *name)
{
    (void)name;
    return 0;
}

const void *CryptoNative_EvpChaCha20Poly1305(void)
{
    return 0;
}
