using Hyperlight.Files;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Image.Tests.Files;

/// <summary>Memory for content that nobody can change.</summary>
public sealed class SealedFileTests
{
    [Fact]
    public void Content_for_which_the_system_has_no_room_is_HL3012()
    {
        Assert.SkipUnless(SealedFile.IsSupported, "probe memfd_create: the operating system has no sealed files");
        static SafeFileHandle Hold() =>
            SealedFile.Create("the image 'hello'", file => RandomAccess.Write(file, new byte[4096], long.MaxValue - 4095));

        HyperlightException exception = Assert.Throws<HyperlightException>(Hold);

        Assert.Equal(Rules.ContentNotHeld, exception.Finding?.Rule);
        Assert.Contains("the image 'hello' cannot be held in memory: ", exception.Message, StringComparison.Ordinal);
    }
}
