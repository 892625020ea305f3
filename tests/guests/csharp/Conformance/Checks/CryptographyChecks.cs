using System.Security.Cryptography;
using System.Text;

namespace Hyperlight.Conformance.Checks;

internal static class CryptographyChecks
{
    private static readonly byte[] Text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 100).Select(i => $"block {i} ")));

    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)(i * 7))];

    public static Area Area => new("cryptography")
    {
        { "MD5", () => MD5.HashData(Text) },
        { "SHA-1", () => SHA1.HashData(Text) },
        { "SHA-256", () => SHA256.HashData(Text) },
        { "SHA-384", () => SHA384.HashData(Text) },
        { "SHA-512", () => SHA512.HashData(Text) },
        { "SHA-256 of nothing", () => SHA256.HashData([]) },
        { "SHA-512 of each length", () => Enumerable.Range(0, 260).Select(n => SHA512.HashData(Text.AsSpan(0, n))[0]).ToArray() },
        { "SHA3-256", () => SHA3_256.HashData(Text) },
        { "SHA3-384", () => SHA3_384.HashData(Text) },
        { "SHA3-512", () => SHA3_512.HashData(Text) },
        { "SHAKE128", () => Shake128.HashData(Text, 200) },
        { "SHAKE256", () => Shake256.HashData(Text, 300) },
        { "SHA-3 is supported", () => $"{SHA3_256.IsSupported} {Shake128.IsSupported}" },
        { "incremental", () => Incremental(HashAlgorithmName.SHA256) },
        { "incremental SHA3-384", () => Incremental(HashAlgorithmName.SHA3_384) },
        {
            "hash object", () =>
            {
                using SHA512 hash = SHA512.Create();
                hash.TransformBlock(Text, 0, 77, null, 0);
                hash.TransformFinalBlock(Text, 77, 100);
                return hash.Hash;
            }
        },
        {
            "hash object twice", () =>
            {
                using SHA256 hash = SHA256.Create();
                hash.ComputeHash(Text);
                return hash.ComputeHash(new MemoryStream(Text));
            }
        },
        {
            "crypto stream", () =>
            {
                using SHA1 hash = SHA1.Create();
                using (CryptoStream s = new(Stream.Null, hash, CryptoStreamMode.Write)) { s.Write(Text); }
                return hash.Hash;
            }
        },
        { "HMAC-MD5", () => HMACMD5.HashData(Key, Text) },
        { "HMAC-SHA1", () => HMACSHA1.HashData(Key, Text) },
        { "HMAC-SHA256", () => HMACSHA256.HashData(Key, Text) },
        { "HMAC-SHA384", () => HMACSHA384.HashData(Key, Text) },
        { "HMAC-SHA512 with a long key", () => HMACSHA512.HashData(Text, Text) },
        { "HMAC-SHA3-256", () => HMACSHA3_256.HashData(Key, Text) },
        { "HMAC without a key", () => HMACSHA256.HashData(Array.Empty<byte>(), Text) },
        { "HMAC object twice", () => { using HMACSHA256 hash = new(Key); hash.ComputeHash(Text); return hash.ComputeHash(Text, 5, 50); } },
        {
            "incremental HMAC", () =>
            {
                using IncrementalHash h = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA384, Key);
                h.AppendData(Text);
                byte[] now = h.GetCurrentHash();
                h.AppendData(Key);
                return Convert.ToHexString(now) + Convert.ToHexString(h.GetHashAndReset());
            }
        },
        {
            "PBKDF2 with SHA-1",
            () => Rfc2898DeriveBytes.Pbkdf2("password", Encoding.ASCII.GetBytes("saltsalt"), 10, HashAlgorithmName.SHA1, 20)
        },
        { "PBKDF2 with SHA-256", () => Rfc2898DeriveBytes.Pbkdf2("password", Key, 50, HashAlgorithmName.SHA256, 70) },
        { "PBKDF2 with SHA-512", () => Rfc2898DeriveBytes.Pbkdf2(Text, Key, 3, HashAlgorithmName.SHA512, 64) },
        { "HKDF", () => HKDF.DeriveKey(HashAlgorithmName.SHA256, Key, 42, Text, Key) },
        { "AES-GCM", () => Gcm(32) },
        { "AES-GCM with 128 bits", () => Gcm(16) },
        { "AES-GCM with 192 bits", () => Gcm(24) },
        {
            "AES-GCM with a wrong tag", () =>
            {
                using AesGcm aes = new(Key, 16);
                byte[] to = new byte[3];
                aes.Decrypt(new byte[12], "abc"u8, new byte[16], to);
                return to;
            }
        },
        {
            "AES-GCM with a short tag", () =>
            {
                using AesGcm aes = new(Key, 12);
                byte[] to = new byte[5], tag = new byte[12];
                aes.Encrypt(new byte[12], "hello"u8, to, tag);
                return Convert.ToHexString(to) + Convert.ToHexString(tag);
            }
        },
        {
            "AES-GCM of nothing", () =>
            {
                using AesGcm aes = new(Key, 16);
                byte[] tag = new byte[16];
                aes.Encrypt(new byte[12], [], [], tag, "only this"u8);
                return tag;
            }
        },
        { "AES-CBC", () => { using Aes aes = Aes.Create(); aes.Key = Key; return aes.EncryptCbc(Text, new byte[16]); } },
        {
            "AES-CBC and back", () =>
            {
                using Aes aes = Aes.Create();
                aes.Key = Key[..16];
                return aes.DecryptCbc(aes.EncryptCbc(Text, Key[..16]), Key[..16]).AsSpan().SequenceEqual(Text);
            }
        },
        {
            "AES-ECB", () =>
            {
                using Aes aes = Aes.Create();
                aes.Key = Key[..24];
                return aes.EncryptEcb(Text.AsSpan(0, 33), PaddingMode.PKCS7);
            }
        },
        {
            "AES-CBC with wrong padding", () =>
            {
                using Aes aes = Aes.Create();
                aes.Key = Key;
                return aes.DecryptCbc(new byte[32], new byte[16]);
            }
        },
        {
            "AES-CFB", () =>
            {
                using Aes aes = Aes.Create();
                aes.Key = Key;
                return aes.EncryptCfb(Text.AsSpan(0, 40), new byte[16], PaddingMode.PKCS7, 128);
            }
        },
        {
            "AES through a stream", () =>
            {
                using Aes aes = Aes.Create();
                aes.Key = Key;
                aes.IV = Key[..16];
                MemoryStream to = new();
                using (CryptoStream s = new(to, aes.CreateEncryptor(), CryptoStreamMode.Write)) { s.Write(Text); }
                return to.ToArray();
            }
        },
        { "random bytes differ", () => RandomNumberGenerator.GetBytes(32).AsSpan().SequenceEqual(RandomNumberGenerator.GetBytes(32)) },
        { "random number in range", () => RandomNumberGenerator.GetInt32(5, 6) },
        { "random text", () => RandomNumberGenerator.GetHexString(20).Length },
        { "equal in fixed time", () => CryptographicOperations.FixedTimeEquals(Text, Text.ToArray()) },
        { "hash by name", () => CryptographicOperations.HashData(HashAlgorithmName.SHA512, Text) },
        { "unknown hash", () => CryptographicOperations.HashData(new HashAlgorithmName("MD2"), Text) },
    };

    private static string Incremental(HashAlgorithmName name)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(name);
        hash.AppendData(Text.AsSpan(0, 100));
        string before = Convert.ToHexString(hash.GetCurrentHash());
        hash.AppendData(Text.AsSpan(100));
        return $"{before} {Convert.ToHexString(hash.GetHashAndReset())} {Convert.ToHexString(hash.GetHashAndReset())}";
    }

    private static string Gcm(int keySize)
    {
        using AesGcm aes = new(Key.AsSpan(0, keySize), 16);
        byte[] secret = new byte[Text.Length], tag = new byte[16], back = new byte[Text.Length];
        aes.Encrypt(Key.AsSpan(0, 12), Text, secret, tag, "header"u8);
        aes.Decrypt(Key.AsSpan(0, 12), secret, tag, back, "header"u8);
        return $"{Convert.ToHexString(SHA256.HashData(secret))} {Convert.ToHexString(tag)} {back.AsSpan().SequenceEqual(Text)}";
    }
}
