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
        OrdinaryFolder current = OrdinaryFolder.Open(folder);
        foreach (string name in names[..^1])
        {
            using OrdinaryFolder parent = current;
            current = parent.OpenFolder(name);
        }

        using (current)
        {
            return current.OpenFile(names[^1]);
        }
    }

    /// <summary>Opens a folder. The path may contain links.</summary>
    /// <returns>The folder; <c>null</c> on a system on which nothing can be opened below an open folder.</returns>
    internal static SafeFileHandle? OpenFolder(string path) =>
        HasLinuxCalls ? OpenFolderLinux(path) : OperatingSystem.IsWindows() ? OpenFolderWindows(path) : null;

    /// <summary>Opens a folder in a folder that <see cref="OpenFolder(string)"/> returned. A link is refused.</summary>
    internal static SafeFileHandle? OpenFolder(SafeFileHandle? parent, string name, string path) =>
        parent is null ? RefuseLink(path)
        : OperatingSystem.IsWindows() ? OpenAtWindows(parent, name, path, isFolder: true)
        : OpenAtLinux(parent, name, path, isFolder: true);

    /// <summary>Opens a file in a folder that <see cref="OpenFolder(string)"/> returned. A link is refused.</summary>
    internal static SafeFileHandle OpenFile(SafeFileHandle? parent, string name, string path) => Check(
        parent is null ? RefuseLink(path) ?? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read)
        : OperatingSystem.IsWindows() ? OpenAtWindows(parent, name, path, isFolder: false)
        : OpenAtLinux(parent, name, path, isFolder: false),
        path);

    private static SafeFileHandle OpenAny(string path, FileShare share) =>
        HasLinuxCalls ? OpenLinux(path)
        : OperatingSystem.IsWindows() ? OpenWindows(path, share)
        : File.OpenHandle(path, FileMode.Open, FileAccess.Read, share);

    private static SafeFileHandle? RefuseLink(string path) =>
        new FileInfo(path).LinkTarget is null ? null : throw new InvalidDataException($"'{path}' is a link");

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
