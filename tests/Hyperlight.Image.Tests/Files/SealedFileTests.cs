using System.Security.Cryptography;
using Hyperlight.Files;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Image.Tests.Files;

/// <summary>Tests files for content that nobody can change.</summary>
[Trait("Wine", "yes")]
public class SealedFileTests
{
    public SealedFileTests() => Assert.SkipUnless(SealedFile.IsSupported, "needs Linux or Windows: no other system has sealed files");

    [Fact]
    public void Content_for_which_the_system_has_no_room_is_HL3012()
    {
        static SafeFileHandle Hold() =>
            SealedFile.Create("the image 'hello'", file => RandomAccess.Write(file, new byte[4096], long.MaxValue - 4095));

        HyperlightException exception = Assert.Throws<HyperlightException>(Hold);

        Assert.Equal(Rules.ContentNotHeld, exception.Finding?.Rule);
        Assert.Contains("the image 'hello' cannot be held in ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_has_the_bytes_the_digest_and_whole_pages()
    {
        byte[] bytes = new byte[(1 << 20) + 10];
        bytes[5] = 1;
        bytes[0x4_0000] = 2;
        bytes[^1] = 3;
        using SafeFileHandle file = SealedFile.Create("a source", handle => RandomAccess.Write(handle, bytes, 0));
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        using SafeFileHandle copy = SealedFile.Copy("a test", file, bytes.Length, hash);

        byte[] copied = new byte[(1 << 20) + 0x2000];
        Assert.Equal((1 << 20) + 0x1000, RandomAccess.Read(copy, copied, 0));
        Assert.Equal([.. bytes, .. new byte[0x2000 - 10]], copied);
        Assert.Equal(SHA256.HashData(bytes), hash.GetHashAndReset());
    }
}
