using System.Globalization;

namespace Hyperlight.CoreDumps;

/// <summary>The directory that core files are written to. A file has its name only once it is complete; nobody but its owner may read it.</summary>
internal static class CoreDirectory
{
    private static int _count;

    /// <summary>Writes a file.</summary>
    /// <param name="directory">The directory; created where it is missing.</param>
    /// <param name="guest">The guest's name, for the file's.</param>
    /// <param name="write">Writes the content.</param>
    /// <returns>The path of the file.</returns>
    public static string Write(string directory, string guest, Action<FileStream> write)
    {
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, NewName(guest));
        string temporary = path + ".tmp";
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
            return path;
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    // Time, process and number make it the only one of its name.
    private static string NewName(string guest)
    {
        string safe = string.Concat(guest.Select(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' ? character : '_'));
        string time = DateTime.UtcNow.ToString("yyyyMMdd'T'HHmmssfff", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"hl_core_{safe}_{time}_{Environment.ProcessId}_{Interlocked.Increment(ref _count)}.elf");
    }
}
