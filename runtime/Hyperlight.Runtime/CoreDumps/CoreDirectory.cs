using System.Globalization;

namespace Hyperlight.CoreDumps;

/// <summary>
/// The directory that core files are written to. A file gets its name only once the file is complete. Only the owner of the file may read
/// it.
/// </summary>
internal static class CoreDirectory
{
    private const string Prefix = "hl_core_";
    private const string Extension = ".elf";
    private const string Temporary = ".tmp";

    // A temporary file of this age was left by a process that was killed: writing a file never takes so long.
    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(1);

    private static int _count;

    /// <summary>Writes a core file.</summary>
    /// <param name="directory">The directory, which is created if it is missing.</param>
    /// <param name="guest">The name of the guest, which becomes part of the file's name.</param>
    /// <param name="maxCount">The greatest number of core files that the directory keeps. The oldest files are deleted.</param>
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

    // Core files of other processes count too. Another process may delete a file at the same time.
    private static void DeleteOldest(string directory, string newest, int maxCount)
    {
        DirectoryInfo place = new(directory);
        FileInfo[] others = [.. place.EnumerateFiles(Prefix + "*" + Extension).Where(file => file.FullName != Path.GetFullPath(newest))];
        IEnumerable<FileInfo> abandoned = place.EnumerateFiles(Prefix + "*" + Extension + Temporary).Where(
            file => file.LastWriteTimeUtc < DateTime.UtcNow - Abandoned);
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

    // Time, process and number make the name unique.
    private static string NewName(string guest)
    {
        string safe = string.Concat(
            guest.Select(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' ? character : '_'));
        string time = DateTime.UtcNow.ToString("yyyyMMdd'T'HHmmssfff", CultureInfo.InvariantCulture);
        return string.Create(
            CultureInfo.InvariantCulture, $"{Prefix}{safe}_{time}_{Environment.ProcessId}_{Interlocked.Increment(ref _count)}{Extension}");
    }
}
