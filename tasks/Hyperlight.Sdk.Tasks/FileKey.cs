using System.Globalization;

namespace Hyperlight.Sdk.Tasks;

/// <summary>What tells a file from an earlier one in the same place.</summary>
internal static class FileKey
{
    /// <summary>Path, length and time, not only "newer than": a file that is replaced by an older one is another file, too.</summary>
    public static string Of(FileInfo file) =>
        file.Exists
            ? string.Create(CultureInfo.InvariantCulture, $"{file.FullName} ({file.Length} bytes of {file.LastWriteTimeUtc.Ticks})")
            : "missing";
}
