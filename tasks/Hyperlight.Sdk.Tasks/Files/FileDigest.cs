using System.Security.Cryptography;

namespace Hyperlight.Sdk.Tasks.Files;

/// <summary>
/// The key that tells a file from an earlier one in the same place: the digest of its content. Length and time do not: the target of a link changes, archives and
/// reproducible builds set times, and a guest of the same size is the rule where sizes are padded.
/// </summary>
internal static class FileDigest
{
    /// <summary>The SHA-256 of a file as 64 hexadecimal digits, null when it cannot be read. The file is never in memory as a whole.</summary>
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

    /// <summary>Gets the digest of bytes that have been read. The digest is right for the bytes that are used, whatever becomes of the file.</summary>
    public static string Of(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>
    /// Tells what a process loads with an assembly: the assembly itself, and what lies where the loader looks for libraries, native ones, resources and
    /// settings. More than is loaded counts, because which files are is known only at run time.
    /// </summary>
    public static string OfAssembly(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in LoadableFiles(folder).Append(path).Distinct().Order(StringComparer.Ordinal))
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{Path.GetRelativePath(folder, file)} {OfFile(file)}\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // Not all folders below: the assembly may lie in the project's own, below which every build writes.
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
            .. Directory.EnumerateDirectories(folder).SelectMany(culture => Directory.EnumerateFiles(culture, "*.resources.dll", new EnumerationOptions())),
            .. Directory.Exists(native) ? Directory.EnumerateFiles(native, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 8 }) : [],
        ];
    }

    private static bool IsLoadable(string file)
    {
        string name = Path.GetFileName(file);
        return name.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".dylib", StringComparison.Ordinal) || name.Contains(".so", StringComparison.Ordinal);
    }
}
