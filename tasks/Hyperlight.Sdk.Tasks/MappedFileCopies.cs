using System.Security.Cryptography;
using Hyperlight.Files;
using Hyperlight.Sdk.Tasks.Files;
using Hyperlight.Sdk.Tasks.Settings;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Copies the mapped files of a guest to a folder beside the image of the guest. MSBuild then copies these copies to the output folder.
/// MSBuild copies only files that are newer than their copies. A mapped file that is replaced by an older file, or by a link to another
/// file, is not newer. A copy that this class makes is always newer.
/// </summary>
internal static class MappedFileCopies
{
    /// <summary>Copies the files that differ from their copies.</summary>
    /// <returns>The digests of the files.</returns>
    /// <exception cref="InvalidDataException">A path leads to something that is not a file.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static Dictionary<SettingFile, string> Update(GuestItem guest)
    {
        Directory.CreateDirectory(guest.MappedFileDirectory);
        return guest.Settings.FileMappings.ToDictionary(
            file => new SettingFile(file.Path, file.Label), file => Update(file.Path, guest.CopyOf(file)));
    }

    /// <summary>Gets whether a mapped file and its copy have the same content.</summary>
    public static bool IsIntact(GuestItem guest, MappedFile file) =>
        FileDigest.OfFile(guest.CopyOf(file)) is { } digest && digest == FileDigest.OfFile(file.Path);

    private static string Update(string source, string target)
    {
        string temporary = target + ".tmp";
        string digest = Copy(source, temporary);
        if (FileDigest.OfFile(target) == digest)
        {
            FileChange.Delete(temporary);
        }
        else
        {
            FileChange.Replace(temporary, target);
        }

        return digest;
    }

    // File.Copy would keep the time of the file. One pass copies the bytes and computes their digest, so that the digest is right even if
    // the file changes.
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
