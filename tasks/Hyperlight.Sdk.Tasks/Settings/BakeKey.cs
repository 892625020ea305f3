using Hyperlight.Baking;
using Hyperlight.Sdk.Tasks.Files;

namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>
/// Writes the key of an image: everything that the image depends on, as one line of text. The key has the identity of the code that bakes,
/// the settings, and the digest of each file.
/// </summary>
internal static class BakeKey
{
    /// <summary>Gets the key of an image that was made of content with some digests.</summary>
    /// <param name="settings">The guest's settings. The paths among them do not count.</param>
    /// <param name="guestDigest">The digest of the guest's ELF file.</param>
    /// <param name="digestOf">Gets the digest of a file that a setting names; <c>null</c> if the file cannot be read.</param>
    /// <returns>The key; <c>null</c> if a file has no digest.</returns>
    public static string? Of(GuestSettings settings, string guestDigest, Func<SettingFile, string?> digestOf)
    {
        List<string> parts = [$"baker {Id(typeof(GuestBaker))} {Id(typeof(GuestLayout))} {Id(typeof(BakeKey))}", $"guest {guestDigest}"];
        foreach (GuestSetting setting in GuestSetting.All.Where(setting => setting.Effect == SettingEffect.Image))
        {
            if (!setting.NamesFiles)
            {
                parts.Add($"{setting.Name} {setting.ToText(settings)}");
                continue;
            }

            foreach (SettingFile file in setting.Files(settings))
            {
                if (digestOf(file) is not { } digest)
                {
                    return null;
                }

                parts.Add($"{setting.Name} {file.Label} {digest}");
            }
        }

        return string.Join(", ", parts);
    }

    /// <summary>
    /// Gets the key of an image that is made of the present content of the guest's files; <c>null</c> if a file cannot be read.
    /// </summary>
    /// <param name="settings">The guest's settings.</param>
    /// <param name="guest">The path of the guest's ELF file.</param>
    public static string? OfFiles(GuestSettings settings, string guest) =>
        FileDigest.OfFile(guest) is { } digest ? Of(settings, digest, file => FileDigest.OfFile(file.Path)) : null;

    // The id is new for each compilation of other code. The version is not enough: it stays the same during work on the SDK.
    private static Guid Id(Type type) => type.Module.ModuleVersionId;
}
