using Hyperlight.Baking;
using Hyperlight.Images;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Baking;

/// <summary>
/// The digests were recorded on Linux. A change of the layouts or of the format changes them on every system, and a system that gives
/// other digests gives other images.
/// </summary>
[Trait("Wine", "yes")]
public sealed class SameBytesTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    [Fact]
    public void An_amd64_guest_gives_the_same_image_on_every_system() =>
        Assert.Equal("sha256:3c7ded36f7d852c0", Bake(TestElf.Amd64()));

    [Fact]
    public void An_i686_guest_gives_the_same_image_on_every_system() =>
        Assert.Equal("sha256:ea70a77744b1ff0d", Bake(TestElf.I686()));

    public void Dispose() => _folder.Dispose();

    // Gets the start of the digest of the image.
    private string Bake(TestElf guest)
    {
        BakedImage image = GuestBaker.Bake(new() { GuestName = "guest", Guest = guest.Build() }, [])!;

        // The version of the SDK is part of an image, and changes with each release.
        BakedImage ofVersion = new(image.Config with { SdkVersion = "1" }, image.Pieces);
        return ImageWriter.Write(_folder.Path, ofVersion).Digest[.."sha256:0123456789abcdef".Length];
    }
}
