using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Hyperlight.CSharpGuest.Tests;

/// <summary>Compiles the kit's cryptography into a library for this process and compares the results with published ones.</summary>
public sealed unsafe partial class CryptographyTests : IClassFixture<CryptographyTests.Library>
{
    private static readonly string Folder = Path.Combine(Repository.Root, "sdk", "guest", "src", "linux", "crypto");

    private readonly Library _library;

    public CryptographyTests(Library library) => _library = library;

    /// <summary>Published digests of "abc": RFC 1321, FIPS 180-4 and FIPS 202 with their example files.</summary>
    public static TheoryData<string, string> DigestsOfAbc => new()
    {
        { "Md5", "900150983CD24FB0D6963F7D28E17F72" },
        { "Sha1", "A9993E364706816ABA3E25717850C26C9CD0D89D" },
        { "Sha256", "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD" },
        { "Sha384", "CB00753F45A35E8BB5A03D699AC65007272C32AB0EDED1631A8B605A43FF5BED8086072BA1E7CC2358BAECA134C825A7" },
        {
            "Sha512",
            "DDAF35A193617ABACC417349AE20413112E6FA4E89A97EA20A9EEEE64B55D39A2192992A274FC1A836BA3C23A3FEEBBD454D4423643CE80E2A9AC94FA54CA49F"
        },
        { "Sha3_256", "3A985DA74FE225B2045C172D6BD390BD855F086E3E9D525B46BFE24511431532" },
        {
            "Sha3_512",
            "B751850B1A57168A5693CD924B6B096E08F621827444F70D884F5D0240D2712E10E116E9192AF3C91A7EC57647E3934057340B4CF408D5A56592F8274EEC53F0"
        },
    };

    [Theory]
    [MemberData(nameof(DigestsOfAbc))]
    public void A_digest_is_the_published_one(string algorithm, string expected)
    {
        byte[] data = "abc"u8.ToArray(), result = new byte[64];
        uint size;
        fixed (byte* from = data, to = result)
        {
            Assert.Equal(1, ((delegate* unmanaged<nint, byte*, int, byte*, uint*, int>)_library["EvpDigestOneShot"])(
                ((delegate* unmanaged<nint>)_library["Evp" + algorithm])(), from, data.Length, to, &size));
        }

        Assert.Equal(expected, Convert.ToHexString(result.AsSpan(0, (int)size)));
    }

    [Fact]
    public void Pbkdf2_is_that_of_RFC_6070()
    {
        byte[] password = "password"u8.ToArray(), salt = "salt"u8.ToArray(), result = new byte[20];
        fixed (byte* p = password, s = salt, to = result)
        {
            Assert.Equal(1, ((delegate* unmanaged<byte*, int, byte*, int, int, nint, byte*, int, int>)_library["Pbkdf2"])(
                p, 8, s, 4, 4096, ((delegate* unmanaged<nint>)_library["EvpSha1"])(), to, 20));
        }

        Assert.Equal("4B007901B765489ABEAD49D926F721D065A429C1", Convert.ToHexString(result));
    }

    /// <summary>The examples of FIPS 197, appendix C: the keys are 00 01 02 and so on.</summary>
    [Theory]
    [InlineData(128, "69C4E0D86A7B0430D8CDB78070B4C55A")]
    [InlineData(192, "DDA97CA4864CDFE06EAF70A0EC0D7191")]
    [InlineData(256, "8EA2B7CA516745BFEAFC49904B496089")]
    public void Aes_is_that_of_FIPS_197(int bits, string expected)
    {
        byte[] key = [.. Enumerable.Range(0, bits / 8).Select(i => (byte)i)];
        byte[] block = Convert.FromHexString("00112233445566778899AABBCCDDEEFF");
        byte[] encrypted = Crypt($"EvpAes{bits}Ecb", key, null, block, encrypt: 1);

        Assert.Equal(expected, Convert.ToHexString(encrypted));
        Assert.Equal(block, Crypt($"EvpAes{bits}Ecb", key, null, encrypted, encrypt: 0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(200)]
    public void Gcm_in_parts_is_that_of_this_process(int size)
    {
        byte[] key = RandomNumberGenerator.GetBytes(32), nonce = RandomNumberGenerator.GetBytes(12);
        byte[] text = RandomNumberGenerator.GetBytes(size), expected = new byte[size], expectedTag = new byte[16], tag = new byte[16];
        using (AesGcm aes = new(key, 16))
        {
            aes.Encrypt(nonce, text, expected, expectedTag, "header"u8);
        }

        Assert.Equal(expected, Crypt("EvpAes256Gcm", key, nonce, text, encrypt: 1, tag));
        Assert.Equal(expectedTag, tag);
    }

    /// <summary>The compiler binds the listed functions directly. A listed function must exist; the others would not be found.</summary>
    [Fact]
    public void The_list_for_the_compiler_names_all_functions()
    {
        string[] listed = [.. File.ReadAllLines(Path.Combine(Folder, "functions.txt")).Select(line => line.Split('!')[1])];

        Assert.All(listed, name => Assert.NotEqual(0, _library[name["CryptoNative_".Length..]]));
        Assert.Equal(
            listed,
            Directory.EnumerateFiles(Folder, "dotnet_*.c").SelectMany(file => Definition().Matches(File.ReadAllText(file)))
                .Select(match => match.Groups[1].Value)
                .Concat(from bits in (int[])[128, 192, 256]
                        from mode in (string[])["Cbc", "Cfb128", "Cfb8", "Ecb", "Gcm"]
                        select $"CryptoNative_EvpAes{bits}{mode}")
                .Concat(DigestNames().Matches(File.ReadAllText(Path.Combine(Folder, "dotnet_digests.c")))
                    .Select(match => "CryptoNative_Evp" + match.Groups[1].Value))
                .Distinct().Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"^[a-z].*?\b\*?(CryptoNative_\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Definition();

    [GeneratedRegex(@"^ALGORITHM\((\w+),", RegexOptions.Multiline)]
    private static partial Regex DigestNames();

    private byte[] Crypt(string cipher, byte[] key, byte[]? vector, byte[] text, int encrypt, byte[]? tag = null)
    {
        byte[] result = new byte[text.Length + 1], header = "header"u8.ToArray();
        delegate* unmanaged<nint, byte*, int*, byte*, int, int> update =
            (delegate* unmanaged<nint, byte*, int*, byte*, int, int>)_library["EvpCipherUpdate"];
        fixed (byte* k = key, iv = vector, from = text, to = result, additional = header, tagBytes = tag)
        {
            int written;
            nint context = ((delegate* unmanaged<nint, byte*, int, byte*, int, nint>)_library["EvpCipherCreate2"])(
                ((delegate* unmanaged<nint>)_library[cipher])(), k, key.Length * 8, iv, encrypt);
            if (tag is not null)
            {
                Assert.Equal(1, update(context, null, &written, additional, header.Length));
            }

            // GCM takes parts of any size, ECB whole blocks.
            int first = tag is null ? text.Length : Math.Min(5, text.Length);
            Assert.Equal(1, update(context, to, &written, from, first));
            Assert.Equal(1, update(context, to + first, &written, from + first, text.Length - first));
            Assert.Equal(1, ((delegate* unmanaged<nint, byte*, int*, int>)_library["EvpCipherFinalEx"])(context, to, &written));
            if (tag is not null)
            {
                var getTag = (delegate* unmanaged<nint, byte*, int, int>)_library["EvpCipherGetGcmTag"];
                Assert.Equal(1, getTag(context, tagBytes, tag.Length));
            }

            ((delegate* unmanaged<nint, void>)_library["EvpCipherDestroy"])(context);
        }

        return result[..text.Length];
    }

    /// <summary>The compiled library. Tests are skipped on a machine without a C compiler.</summary>
    public sealed class Library : IDisposable
    {
        private readonly TemporaryDirectory _directory = new();
        private readonly nint _handle;

        public Library()
        {
            string file = Path.Combine(_directory.Path, "crypto.so");
            try
            {
                using Process compiler = Process.Start(
                    "cc",
                    ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", file, .. Directory.EnumerateFiles(Folder, "*.c")]);
                compiler.WaitForExit();
                Assert.Equal(0, compiler.ExitCode);
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return;
            }

            _handle = NativeLibrary.Load(file);
        }

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
    }
}
