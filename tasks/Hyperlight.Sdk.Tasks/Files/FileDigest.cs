using System.Security.Cryptography;

namespace Hyperlight.Sdk.Tasks.Files;

/// <summary>
/// Computes digests of files, which tell whether a file has changed. Length and time do not tell: the target of a link can change, archives
/// and reproducible builds set times, and a changed guest often has the same size, because sizes are padded.
/// </summary>
internal static class FileDigest
{
    /// <summary>
    /// Computes the SHA-256 of a file as 64 hexadecimal digits; <c>null</c> if the file cannot be read. The file is read in pieces.
    /// </summary>
    public static string? OfFile(string path)
    {
        try
        {
            using Stream stream = InputFile.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception e) when (InputFile.IsFailure(e))
        {
            return null;
        }
    }

    /// <summary>Computes the SHA-256 of bytes as 64 hexadecimal digits.</summary>
    public static string Of(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>
    /// Computes a digest of an assembly and of all files that a process can load with the assembly: managed and native libraries, resources
    /// and settings in the folders where the loader looks. Which of these files are loaded is known only at run time, so all of them count.
    /// </summary>
    public static string OfAssembly(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        IEnumerable<string> names =
            LoadableFiles(folder).Append(path).Select(file => FilePath.Portable(Path.GetRelativePath(folder, file)));
        foreach (string name in names.Distinct(FilePath.Comparer).Order(StringComparer.Ordinal))
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{name} {OfFile(Path.Combine(folder, name))}\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static readonly EnumerationOptions FoldersBelow = new() { RecurseSubdirectories = true, MaxRecursionDepth = 8 };

    // Most folders below are left out, because the assembly may lie in the folder of the project, and every build writes below that folder.
    private static IEnumerable<string> LoadableFiles(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        string native = Path.Combine(folder, "runtimes");
        return
        [
            .. Directory.EnumerateFiles(folder).Where(IsLoadable),
            .. Directory.EnumerateDirectories(folder)
                .SelectMany(culture => Directory.EnumerateFiles(culture, "*.resources.dll", new EnumerationOptions())),
            .. Directory.Exists(native) ? Directory.EnumerateFiles(native, "*", FoldersBelow) : [],
        ];
    }

    private static bool IsLoadable(string file)
    {
        string name = Path.GetFileName(file);
        return name.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".dylib", StringComparison.Ordinal) || name.Contains(".so", StringComparison.Ordinal);
    }
}
