using System.Globalization;
using Hyperlight.Baking;
using Hyperlight.Layouts;

namespace Hyperlight.Sdk.Tasks;

/// <summary>Everything an image depends on, as one line of text: the code that bakes, the settings, and the content of each file.</summary>
internal static class BakeKey
{
    /// <summary>The key of an image that was made of content with these digests.</summary>
    /// <param name="guest">The guest: its name and settings count, its paths do not.</param>
    /// <param name="guestDigest">The digest of its file.</param>
    /// <param name="initDataDigest">The digest of its init data.</param>
    /// <param name="mappedDigests">The digests of its mapped files, in order.</param>
    public static string Of(GuestItem guest, string guestDigest, string initDataDigest, IEnumerable<string> mappedDigests)
    {
        GuestSizes sizes = guest.Settings.Sizes;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"baker {Id(typeof(GuestBaker))} {Id(typeof(GuestLayout))} {Id(typeof(BakeKey))}, name {guest.Name}, guest {guestDigest}, heap {sizes.HeapSize}, scratch {sizes.ScratchSize}, "
            + $"input {sizes.InputBufferSize}, output {sizes.OutputBufferSize}, layout {guest.Settings.Architecture ?? "any"}, "
            + $"permissions {guest.Settings.Permissions}, executable heap {sizes.ExecutableHeap}, interrupts {sizes.HardwareInterrupts}, "
            + $"init data {sizes.InitDataPermissions.ToText()} {initDataDigest}, "
            + $"mapped {string.Join(' ', guest.FileMappings.Zip(mappedDigests, (file, digest) => $"{file.Label} {digest}"))}");
    }

    /// <summary>The key of an image that was made of what the guest's files hold now, null when one cannot be read.</summary>
    public static string? OfFiles(GuestItem guest)
    {
        string? guestDigest = FileDigest.OfFile(guest.Path);
        string? initDataDigest = guest.InitData.Length == 0 ? FileDigest.Of([]) : FileDigest.OfFile(guest.InitData);
        string?[] mappedDigests = [.. guest.FileMappings.Select(file => FileDigest.OfFile(file.Path))];
        return guestDigest is null || initDataDigest is null || mappedDigests.Contains(null) ? null : Of(guest, guestDigest, initDataDigest, mappedDigests!);
    }

    // While the SDK is worked on, its version stays and its code changes.
    private static Guid Id(Type type) => type.Module.ModuleVersionId;
}
