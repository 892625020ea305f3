using Hyperlight.Files;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Sdk.Tasks.Files;

/// <summary>
/// Files that a project names, read without waiting: a path can lead to a pipe, whose other end nobody opens, or to a device without an end.
/// </summary>
internal static class InputFile
{
    /// <summary>All bytes of a file.</summary>
    /// <exception cref="InvalidDataException">The path leads to something else than a file, or the file has more bytes than an array.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static byte[] ReadAllBytes(string path)
    {
        using SafeFileHandle file = OrdinaryFile.OpenOrEmpty(path);
        long length = RandomAccess.GetLength(file);
        if (length > Array.MaxLength)
        {
            throw new InvalidDataException($"'{path}' has {length} bytes, at most {Array.MaxLength} can be read; most of such a guest is debug information, which objcopy --strip-debug removes");
        }

        byte[] bytes = new byte[length];
        int read = 0;
        for (int count; read < bytes.Length && (count = RandomAccess.Read(file, bytes.AsSpan(read), read)) > 0;)
        {
            read += count;
        }

        return read == bytes.Length ? bytes : bytes[..read];
    }

    /// <summary>A file to be read from its start.</summary>
    /// <exception cref="InvalidDataException">The path leads to something else than a file.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be opened.</exception>
    public static Stream OpenRead(string path)
    {
        SafeFileHandle file = OrdinaryFile.OpenOrEmpty(path);
        if (RandomAccess.GetLength(file) > 0)
        {
            return new FileStream(file, FileAccess.Read);
        }

        file.Dispose();
        return Stream.Null;
    }

    /// <summary>Whether an exception says that a file cannot be read, and not that something is wrong with us.</summary>
    public static bool IsFailure(Exception exception) => exception is IOException or UnauthorizedAccessException or InvalidDataException;

    /// <summary>The path of what a link leads to and that is not there; null where the path is no link or leads to something.</summary>
    public static string? MissingTarget(FileInfo file)
    {
        try
        {
            return file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is { Exists: false } target ? target.FullName : null;
        }
        catch (IOException)
        {
            // Links that lead to each other.
            return file.LinkTarget;
        }
    }
}
