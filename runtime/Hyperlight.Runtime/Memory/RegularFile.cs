using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Memory;

/// <summary>Files of the host that are mapped into guests: open(2).</summary>
internal static partial class RegularFile
{
    // asm-generic/fcntl.h: read only, do not wait for the other end of a pipe, not for child processes.
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    /// <summary>Maps a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="HyperlightException">HL2013: it cannot be opened or mapped, is empty, or is no file.</exception>
    /// <exception cref="ArgumentException">The path has a character that no path has.</exception>
    public static MappedMemory Map(string path)
    {
        if (Directory.Exists(path))
        {
            throw Failure($"'{path}' is a folder, a file can be mapped: name the file.");
        }

        SafeFileHandle file = new(Open(Path.GetFullPath(path), NonBlocking | CloseOnExec), ownsHandle: true);
        if (file.IsInvalid)
        {
            string reason = Marshal.GetLastPInvokeErrorMessage();
            file.Dispose();
            throw Failure($"'{path}' cannot be opened: {reason}. Correct the path, or make the file readable.");
        }

        ulong length = Length(file, path);
        try
        {
            return MappedMemory.MapFile(file, length);
        }
        catch (HyperlightException exception)
        {
            // A file of a kind that has no pages, or one larger than all addresses.
            throw Failure($"'{path}' ({length} bytes) cannot be mapped: {exception.Message} Name an ordinary file.", exception);
        }
    }

    private static ulong Length(SafeFileHandle file, string path)
    {
        try
        {
            // Devices have no length either.
            long length = RandomAccess.GetLength(file);
            if (length > 0)
            {
                return (ulong)length;
            }
        }
        catch (NotSupportedException)
        {
            // A pipe.
        }

        file.Dispose();
        throw Failure($"'{path}' is empty or no ordinary file, a file of at least one byte can be mapped: name another one.");
    }

    private static HyperlightException Failure(string what, Exception? cause = null) => new(Rules.NotMappable.Found(what), cause);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
