using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Hyperlight.CSharpGuest.Tests.Cryptography;

/// <summary>
/// The kit's cryptography, compiled into a library for this process. Its functions are called as .NET calls them. Tests are skipped on a
/// machine without a C compiler.
/// </summary>
public sealed unsafe class CryptographyLibrary : IDisposable
{
    internal static readonly string Sources = Path.Combine(Repository.Root, "sdk", "guest", "src", "linux", "crypto");

    private readonly TemporaryDirectory _directory = new();
    private readonly nint _handle;

    public CryptographyLibrary()
    {
        string file = Path.Combine(_directory.Path, "crypto.so");
        try
        {
            using Process compiler = Process.Start(
                "cc",
                ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", file, .. Directory.EnumerateFiles(Sources, "*.c")]);
            compiler.WaitForExit();
            Assert.Equal(0, compiler.ExitCode);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return;
        }

        _handle = NativeLibrary.Load(file);
    }

    /// <summary>Gets the address of a function.</summary>
    public nint this[string name]
    {
        get
        {
            Probes.SkipIf(_handle == 0 ? "there is no C compiler (cc)" : null);
            return NativeLibrary.GetExport(_handle, "CryptoNative_" + name);
        }
    }

    public void Dispose()
    {
        if (_handle != 0)
        {
            NativeLibrary.Free(_handle);
        }

        _directory.Dispose();
    }

    internal byte[] Digest(string algorithm, byte[] data)
    {
        byte[] result = new byte[64];
        uint size;
        fixed (byte* from = data, to = result)
        {
            Assert.Equal(1, ((delegate* unmanaged<nint, byte*, int, byte*, uint*, int>)this["EvpDigestOneShot"])(
                Algorithm(algorithm), from, data.Length, to, &size));
        }

        return result[..(int)size];
    }

    /// <summary>Gets as many bytes as asked for from SHAKE.</summary>
    internal byte[] Extend(string algorithm, byte[] data, int size)
    {
        byte[] result = new byte[size];
        fixed (byte* from = data, to = result)
        {
            Assert.Equal(1, ((delegate* unmanaged<nint, byte*, int, byte*, uint, int>)this["EvpDigestXOFOneShot"])(
                Algorithm(algorithm), from, data.Length, to, (uint)size));
        }

        return result;
    }

    internal byte[] Hmac(string algorithm, byte[] key, byte[] data)
    {
        byte[] result = new byte[64];
        int size = result.Length;
        fixed (byte* k = key, from = data, to = result)
        {
            Assert.Equal(1, ((delegate* unmanaged<nint, byte*, int, byte*, int, byte*, int*, int>)this["HmacOneShot"])(
                Algorithm(algorithm), k, key.Length, from, data.Length, to, &size));
        }

        return result[..size];
    }

    internal byte[] Pbkdf2(string algorithm, byte[] password, byte[] salt, int rounds, int size)
    {
        byte[] result = new byte[size];
        fixed (byte* p = password, s = salt, to = result)
        {
            Assert.Equal(1, ((delegate* unmanaged<byte*, int, byte*, int, int, nint, byte*, int, int>)this["Pbkdf2"])(
                p, password.Length, s, salt.Length, rounds, Algorithm(algorithm), to, size));
        }

        return result;
    }

    /// <summary>Encrypts or decrypts in two parts.</summary>
    /// <param name="cipher">The cipher with the size of its keys, for example <c>Aes128Cbc</c>.</param>
    /// <param name="key">The key.</param>
    /// <param name="vector">The initialization vector or nonce, if the cipher has one.</param>
    /// <param name="text">What is encrypted or decrypted.</param>
    /// <param name="isEncrypted">Whether to encrypt.</param>
    /// <param name="firstPart">The size of the first part.</param>
    /// <param name="header">What GCM protects and does not encrypt.</param>
    /// <param name="tag">The tag of GCM: taken if the text is decrypted, else written.</param>
    /// <returns>The result; <see langword="null"/> if the tag is not that of the text.</returns>
    internal byte[]? Crypt(
        string cipher, byte[] key, byte[]? vector, byte[] text, bool isEncrypted, int firstPart, byte[]? header = null, byte[]? tag = null)
    {
        byte[] result = new byte[text.Length + 1];
        var update = (delegate* unmanaged<nint, byte*, int*, byte*, int, int>)this["EvpCipherUpdate"];
        fixed (byte* k = key, iv = vector, from = text, to = result, additional = header, tagBytes = tag)
        {
            int written;
            nint context = ((delegate* unmanaged<nint, byte*, int, byte*, int, nint>)this["EvpCipherCreate2"])(
                Algorithm(cipher), k, key.Length * 8, iv, isEncrypted ? 1 : 0);
            if (tag is not null && !isEncrypted)
            {
                Assert.Equal(1, ((delegate* unmanaged<nint, byte*, int, int>)this["EvpCipherSetGcmTag"])(context, tagBytes, tag.Length));
            }

            if (header is not null)
            {
                Assert.Equal(1, update(context, null, &written, additional, header.Length));
            }

            Assert.Equal(1, update(context, to, &written, from, firstPart));
            Assert.Equal(1, update(context, to + firstPart, &written, from + firstPart, text.Length - firstPart));
            int isValid = ((delegate* unmanaged<nint, byte*, int*, int>)this["EvpCipherFinalEx"])(context, to, &written);
            if (tag is not null && isEncrypted)
            {
                Assert.Equal(1, ((delegate* unmanaged<nint, byte*, int, int>)this["EvpCipherGetGcmTag"])(context, tagBytes, tag.Length));
            }

            ((delegate* unmanaged<nint, void>)this["EvpCipherDestroy"])(context);
            return isValid == 1 ? result[..text.Length] : null;
        }
    }

    private nint Algorithm(string name) => ((delegate* unmanaged<nint>)this["Evp" + name])();
}
