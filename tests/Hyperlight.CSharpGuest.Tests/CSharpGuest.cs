using Hyperlight.Baking;
using Hyperlight.Images;
using Hyperlight.Layouts;

namespace Hyperlight.CSharpGuest.Tests;

/// <summary>
/// The guests of tests/guests/csharp. <c>./build.sh test</c> builds them into artifacts/csharp-guests, and writes there why it could not.
/// </summary>
internal static class CSharpGuest
{
    private static readonly string Folder = Path.Combine(Repository.Root, "artifacts", "csharp-guests");

    /// <summary>Gets the folder of the guest's image. The running test is skipped if the guest could not be built.</summary>
    public static string ImageOf(string name)
    {
        string images = Path.Combine(Folder, "guests");
        string[] found = Directory.Exists(images) ? Directory.GetDirectories(images, name + "-*") : [];
        string reason = Path.Combine(Folder, "not-built.txt");
        Probes.SkipIf(found.Length > 0
            ? null
            : File.Exists(reason) ? File.ReadAllText(reason) : $"{images} has no {name}: ./build.sh test --filter CSharpGuest builds it");
        return Assert.Single(found);
    }

    /// <summary>Opens the guest's image.</summary>
    public static GuestImage Open(string name) => GuestImage.Open(ImageOf(name));

    /// <summary>Gets the path of the file with the guest's symbols and lines, which the build keeps beside its other files.</summary>
    public static string SymbolsOf(string name) =>
        Path.Combine(Repository.Root, "tests", "guests", "csharp", "Images", "obj", "Debug", "guests", name + ".debug");

    /// <summary>
    /// Bakes a guest that GNU ld linked (tests/guests/csharp/Directory.Build.targets) into a folder, and opens the image. The running
    /// test is skipped if there was no ld.
    /// </summary>
    public static GuestImage BakeLinkedByLd(string name, GuestSizes sizes, string folder)
    {
        string elf = Path.Combine(Folder, "ld", name + ".elf");
        Probes.SkipIf(File.Exists(elf) ? null : $"{elf} is not there: gcc and GNU ld link it when ./build.sh test builds the guests");
        List<Finding> findings = [];
        BakedImage? image = GuestBaker.Bake(new() { GuestName = name, Guest = File.ReadAllBytes(elf), Sizes = sizes }, findings);
        Assert.True(image is not null, string.Join('\n', findings));
        ImageWriter.Write(folder, image);
        return GuestImage.Open(folder);
    }
}
