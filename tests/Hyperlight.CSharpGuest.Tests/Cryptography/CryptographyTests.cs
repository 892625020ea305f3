using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Hyperlight.CSharpGuest.Tests.Cryptography;

/// <summary>Compares the results of the kit's cryptography with published ones.</summary>
public sealed partial class CryptographyTests(CryptographyLibrary library) : IClassFixture<CryptographyLibrary>
{
    [Theory]
    [MemberData(nameof(Published.Digests), MemberType = typeof(Published))]
    public void A_digest_is_the_published_one(string algorithm, string text, string expected) =>
        Assert.Equal(expected, Convert.ToHexString(library.Digest(algorithm, Encoding.ASCII.GetBytes(text))));

    /// <summary>The example of FIPS 180-4 that is longer than a processor reads at once.</summary>
    [Fact]
    public void The_digest_of_a_million_letters_is_the_published_one() => Assert.Equal(
        "CDC76E5C9914FB9281A1C7E284D73E67F1809A48A497200E046D39CCC7112CD0",
        Convert.ToHexString(library.Digest("Sha256", [.. Enumerable.Repeat((byte)'a', 1_000_000)])));

    [Theory]
    [MemberData(nameof(Published.Extended), MemberType = typeof(Published))]
    public void Shake_is_the_published_one(string algorithm, string expected) =>
        Assert.Equal(expected, Convert.ToHexString(library.Extend(algorithm, [], expected.Length / 2)));

    [Theory]
    [MemberData(nameof(Published.Hmacs), MemberType = typeof(Published))]
    public void Hmac_is_the_published_one(string algorithm, string expected) =>
        Assert.Equal(expected, Convert.ToHexString(library.Hmac(algorithm, "Jefe"u8.ToArray(), Published.Question)));

    [Theory]
    [MemberData(nameof(Published.HmacsOfLongKeys), MemberType = typeof(Published))]
    public void Hmac_of_a_long_key_is_the_published_one(string algorithm, string expected) => Assert.Equal(
        expected,
        Convert.ToHexString(library.Hmac(
            algorithm, [.. Enumerable.Repeat((byte)0xAA, 131)], "Test Using Larger Than Block-Size Key - Hash Key First"u8.ToArray())));

    [Theory]
    [MemberData(nameof(Published.DerivedKeys), MemberType = typeof(Published))]
    public void Pbkdf2_is_the_published_one(string algorithm, string password, int rounds, string expected) => Assert.Equal(
        expected,
        Convert.ToHexString(
            library.Pbkdf2(algorithm, Encoding.ASCII.GetBytes(password), "salt"u8.ToArray(), rounds, expected.Length / 2)));

    /// <summary>The examples of FIPS 197, appendix C: the keys are 00 01 02 and so on.</summary>
    [Theory]
    [InlineData(128, "69C4E0D86A7B0430D8CDB78070B4C55A")]
    [InlineData(192, "DDA97CA4864CDFE06EAF70A0EC0D7191")]
    [InlineData(256, "8EA2B7CA516745BFEAFC49904B496089")]
    public void Aes_is_that_of_FIPS_197(int bits, string expected)
    {
        byte[] key = [.. Enumerable.Range(0, bits / 8).Select(i => (byte)i)];
        byte[] block = Convert.FromHexString("00112233445566778899AABBCCDDEEFF");
        byte[] encrypted = library.Crypt($"Aes{bits}Ecb", key, null, block, isEncrypted: true, firstPart: 16)!;

        Assert.Equal(expected, Convert.ToHexString(encrypted));
        Assert.Equal(block, library.Crypt($"Aes{bits}Ecb", key, null, encrypted, isEncrypted: false, firstPart: 16));
    }

    [Theory]
    [MemberData(nameof(Published.Ciphers), MemberType = typeof(Published))]
    public void A_mode_of_aes_is_the_published_one(string cipher, string key, string expected)
    {
        byte[] text = Convert.FromHexString(Published.FourBlocks[..expected.Length]), vector = Convert.FromHexString(Published.Vector);
        byte[] encrypted = library.Crypt(cipher, Convert.FromHexString(key), vector, text, isEncrypted: true, firstPart: 16)!;

        Assert.Equal(expected, Convert.ToHexString(encrypted));
        Assert.Equal(text, library.Crypt(cipher, Convert.FromHexString(key), vector, encrypted, isEncrypted: false, firstPart: 16));
    }

    [Theory]
    [MemberData(nameof(Published.Gcm), MemberType = typeof(Published))]
    public void Gcm_is_the_published_one(string key, string nonce, string header, string text, string expected, string expectedTag)
    {
        string cipher = $"Aes{key.Length * 4}Gcm";
        byte[] k = Convert.FromHexString(key), n = Convert.FromHexString(nonce), h = Convert.FromHexString(header), tag = new byte[16];
        byte[] plain = Convert.FromHexString(text);
        int firstPart = Math.Min(5, plain.Length);
        byte[] encrypted = library.Crypt(cipher, k, n, plain, isEncrypted: true, firstPart, h, tag)!;

        Assert.Equal(expected, Convert.ToHexString(encrypted));
        Assert.Equal(expectedTag, Convert.ToHexString(tag));
        Assert.Equal(plain, library.Crypt(cipher, k, n, encrypted, isEncrypted: false, firstPart, h, tag));
        tag[15] ^= 1;
        Assert.Null(library.Crypt(cipher, k, n, encrypted, isEncrypted: false, firstPart, h, tag));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(200)]
    public void Gcm_in_parts_is_that_of_this_process(int size)
    {
        byte[] key = RandomNumberGenerator.GetBytes(32), nonce = RandomNumberGenerator.GetBytes(12), header = "header"u8.ToArray();
        byte[] text = RandomNumberGenerator.GetBytes(size), expected = new byte[size], expectedTag = new byte[16], tag = new byte[16];
        using (AesGcm aes = new(key, 16))
        {
            aes.Encrypt(nonce, text, expected, expectedTag, header);
        }

        Assert.Equal(expected, library.Crypt("Aes256Gcm", key, nonce, text, isEncrypted: true, Math.Min(5, size), header, tag));
        Assert.Equal(expectedTag, tag);
    }

    /// <summary>The compiler binds the listed functions directly. A listed function must exist; the others would not be found.</summary>
    [Fact]
    public void The_list_for_the_compiler_names_all_functions()
    {
        string sources = CryptographyLibrary.Sources;
        string[] listed = [.. File.ReadAllLines(Path.Combine(sources, "functions.txt")).Select(line => line.Split('!')[1])];

        Assert.All(listed, name => Assert.NotEqual(0, library[name["CryptoNative_".Length..]]));
        Assert.Equal(
            listed,
            Directory.EnumerateFiles(sources, "dotnet_*.c").SelectMany(file => Definition().Matches(File.ReadAllText(file)))
                .Select(match => match.Groups[1].Value)
                .Concat(from bits in (int[])[128, 192, 256]
                        from mode in (string[])["Cbc", "Cfb128", "Cfb8", "Ecb", "Gcm"]
                        select $"CryptoNative_EvpAes{bits}{mode}")
                .Concat(DigestNames().Matches(File.ReadAllText(Path.Combine(sources, "dotnet_digests.c")))
                    .Select(match => "CryptoNative_Evp" + match.Groups[1].Value))
                .Distinct().Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"^[a-z].*?\b\*?(CryptoNative_\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Definition();

    [GeneratedRegex(@"^ALGORITHM\((\w+),", RegexOptions.Multiline)]
    private static partial Regex DigestNames();
}
