using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Files;

/// <summary>
/// Opens files without waiting for the other end of a pipe. The checks look at the opened file, not at the path, which may lead elsewhere
/// a moment later.
/// </summary>
internal static partial class OrdinaryFile
{
    /// <summary>
    /// Opens a file for reading. The path may contain links. On Windows nobody can write to the file or delete it while it is open.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The path is not a file with content.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not open the file.</exception>
    public static SafeFileHandle Open(string path) => Check(OpenAny(path, FileShare.Read), path);

    /// <summary>
    /// Opens a file for reading. The file may be empty, and others may write to it. A device of Linux, which has no length, counts as an
    /// empty file. The path may contain links.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The path is not a file.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not open the file.</exception>
    public static SafeFileHandle OpenOrEmpty(string path) =>
        Check(OpenAny(path, FileShare.ReadWrite | FileShare.Delete), path, leastLength: 0);

    /// <summary>
    /// Opens a file below a folder for reading. Links are followed in the path of the folder only. On Windows nobody can write to the file
    /// or delete it while it is open.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="names">The names of the folders between the folder and the file, and the name of the file.</param>
    /// <exception cref="InvalidDataException">One of the names is a link, or the last one is not a file with content.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not open the file.</exception>
    public static SafeFileHandle OpenBelow(string folder, params ReadOnlySpan<string> names)
    {
        string path;
        SafeFileHandle file = HasLinuxCalls ? OpenBelowLinux(folder, names, out path)
            : OperatingSystem.IsWindows() ? OpenBelowWindows(folder, names, out path)
            : OpenBelowByPath(folder, names, out path);
        return Check(file, path);
    }

    private static SafeFileHandle OpenAny(string path, FileShare share) =>
        HasLinuxCalls ? OpenLinux(path)
        : OperatingSystem.IsWindows() ? OpenWindows(path, share)
        : File.OpenHandle(path, FileMode.Open, FileAccess.Read, share);

    private static SafeFileHandle OpenBelowByPath(string folder, ReadOnlySpan<string> names, out string path)
    {
        path = folder;
        foreach (string name in names)
        {
            path = Path.Combine(path, name);
            FileInfo file = new(path);
            if (file.LinkTarget is not null)
            {
                throw new InvalidDataException($"'{path}' is a link");
            }
        }

        return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
    }

    /// <summary>Checks that the handle is a file: folders, pipes, and files below the least length are refused.</summary>
    private static SafeFileHandle Check(SafeFileHandle file, string path, long leastLength = 1)
    {
        try
        {
            if (OperatingSystem.IsWindows() && KindOf(file) != DiskFile)
            {
                throw new InvalidDataException($"'{path}' is a device or a pipe and no ordinary file");
            }

            if (File.GetAttributes(file).HasFlag(FileAttributes.Directory))
            {
                throw new InvalidDataException($"'{path}' is a folder");
            }

            if (RandomAccess.GetLength(file) < leastLength)
            {
                throw new InvalidDataException($"'{path}' is empty or no ordinary file");
            }

            return file;
        }
        catch (NotSupportedException)
        {
            file.Dispose();
            throw new InvalidDataException($"'{path}' is a pipe and no ordinary file");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
