using Hyperlight.Files;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Sdk.Tasks.Files;

/// <summary>
/// Reads files that a project names. Reading never waits: a path can lead to a pipe whose other end nobody opens, or to a device without an
/// end.
/// </summary>
internal static class InputFile
{
    /// <summary>Reads all bytes of a file.</summary>
    /// <exception cref="InvalidDataException">The path leads to something that is not a file, or the file has more bytes than an array can
    /// have.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static byte[] ReadAllBytes(string path)
    {
        using SafeFileHandle file = OrdinaryFile.OpenOrEmpty(path);
        long length = RandomAccess.GetLength(file);
        if (length > Array.MaxLength)
        {
            throw new InvalidDataException(
                $"'{path}' has {length} bytes, at most {Array.MaxLength} can be read; most of such a guest is debug information, "
                + "which objcopy --strip-debug removes");
        }

        byte[] bytes = new byte[length];
        int read = 0;
        for (int count; read < bytes.Length && (count = RandomAccess.Read(file, bytes.AsSpan(read), read)) > 0;)
        {
            read += count;
        }

        return read == bytes.Length ? bytes : bytes[..read];
    }

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="InvalidDataException">The path leads to something that is not a file.</exception>
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

    /// <summary>Gets whether an exception says that a file cannot be read. Any other exception is a defect of this code.</summary>
    public static bool IsFailure(Exception exception) => exception is IOException or UnauthorizedAccessException or InvalidDataException;

    /// <summary>
    /// Gets the path that a broken link leads to; <c>null</c> if the file is not a link, or if the target of the link exists.
    /// </summary>
    public static string? MissingTarget(FileInfo file)
    {
        try
        {
            return file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is { Exists: false } target
                ? target.FullName
                : null;
        }
        catch (IOException)
        {
            // Links that lead to each other have no final target.
            return file.LinkTarget;
        }
    }
}
