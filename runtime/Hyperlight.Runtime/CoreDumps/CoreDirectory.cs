using System.Globalization;

namespace Hyperlight.CoreDumps;

/// <summary>The directory that core files are written to. A file has its name only once it is complete; nobody but its owner may read it.</summary>
internal static class CoreDirectory
{
    private const string Prefix = "hl_core_";
    private const string Extension = ".elf";
    private const string Temporary = ".tmp";

    // No process takes that long to write a file: one that was killed left it.
    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(1);

    private static int _count;

    /// <summary>Writes a file.</summary>
    /// <param name="directory">The directory; created where it is missing.</param>
    /// <param name="guest">The guest's name, for the file's.</param>
    /// <param name="maxCount">The most core files that are kept there; the oldest are deleted.</param>
    /// <param name="write">Writes the content.</param>
    /// <returns>The path of the file.</returns>
    public static string Write(string directory, string guest, int maxCount, Action<FileStream> write)
    {
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, NewName(guest));
        string temporary = path + Temporary;
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            using (FileStream file = new(temporary, options))
            {
                write(file);
            }

            File.Move(temporary, path);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        DeleteOldest(directory, path, maxCount);
        return path;
    }

    // Core files of other processes count too. A file that another process deletes at the same time is gone all the same.
    private static void DeleteOldest(string directory, string newest, int maxCount)
    {
        DirectoryInfo place = new(directory);
        FileInfo[] others = [.. place.EnumerateFiles(Prefix + "*" + Extension).Where(file => file.FullName != Path.GetFullPath(newest))];
        IEnumerable<FileInfo> abandoned = place.EnumerateFiles(Prefix + "*" + Extension + Temporary).Where(file => file.LastWriteTimeUtc < DateTime.UtcNow - Abandoned);
        foreach (FileInfo file in others.OrderByDescending(file => file.LastWriteTimeUtc).Skip(maxCount - 1).Concat(abandoned))
        {
            try
            {
                file.Delete();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
            }
        }
    }

    // Time, process and number make it the only one of its name.
    private static string NewName(string guest)
    {
        string safe = string.Concat(guest.Select(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' ? character : '_'));
        string time = DateTime.UtcNow.ToString("yyyyMMdd'T'HHmmssfff", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{Prefix}{safe}_{time}_{Environment.ProcessId}_{Interlocked.Increment(ref _count)}{Extension}");
    }
}
