/*
 * The functions with names CryptoNative_… are those that managed System.Security.Cryptography of .NET 10 calls on Linux. Their signatures
 * are .NET's. What has no function here is bound when it is called, and then fails with a PlatformNotSupportedException: see
 * docs/csharp-guests.md. sdk/guest/src/linux/crypto/functions.txt lists the functions for the compiler.
 */
#pragma once

#include "digest.h"
#include "library.h"

enum failure { FAILURE_NONE, FAILURE_MEMORY, FAILURE_ARGUMENT, FAILURE_LENGTH, FAILURE_RANDOM };

/* Keeps the reason for the exception that managed code then creates. Returns 0. */
int hl_crypto_fail(enum failure failure);
