using System.Security.Cryptography;
using Hyperlight.Sdk.Tasks.Files;
using Hyperlight.Sdk.Tasks.Settings;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Keeps the mapped files of a guest beside its image. Copies to the output folder are made from here: MSBuild copies what is newer, and a file that
/// is replaced by an older one, or is a link to another file now, is not newer.
/// </summary>
internal static class MappedFileCopies
{
    /// <summary>Copies what differs.</summary>
    /// <returns>The digests of what was copied.</returns>
    /// <exception cref="InvalidDataException">A path leads to something else than a file.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static Dictionary<SettingFile, string> Update(GuestItem guest)
    {
        Directory.CreateDirectory(guest.MappedFileDirectory);
        return guest.Settings.FileMappings.ToDictionary(file => new SettingFile(file.Path, file.Label), file => Update(file.Path, guest.CopyOf(file)));
    }

    /// <summary>Whether the copy of a mapped file is there and equal.</summary>
    public static bool IsIntact(GuestItem guest, MappedFile file) => FileDigest.OfFile(guest.CopyOf(file)) is { } digest && digest == FileDigest.OfFile(file.Path);

    private static string Update(string source, string target)
    {
        string temporary = target + ".tmp";
        string digest = Copy(source, temporary);
        if (FileDigest.OfFile(target) == digest)
        {
            File.Delete(temporary);
        }
        else
        {
            File.Move(temporary, target, overwrite: true);
        }

        return digest;
    }

    // Not File.Copy: that keeps the time, and reads at another moment than the digest.
    private static string Copy(string source, string target)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using Stream input = InputFile.OpenRead(source);
        using FileStream output = File.Create(target);
        byte[] buffer = new byte[128 * 1024];
        for (int count; (count = input.Read(buffer)) > 0;)
        {
            hash.AppendData(buffer, 0, count);
            output.Write(buffer, 0, count);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
