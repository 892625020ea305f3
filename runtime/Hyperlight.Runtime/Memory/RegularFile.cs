using Hyperlight.Files;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Memory;

/// <summary>Maps files of the host for guests.</summary>
internal static class RegularFile
{
    /// <summary>Maps a whole file. If another computer or program provides the content, a copy in memory is mapped instead.</summary>
    /// <param name="path">The file.</param>
    /// <param name="host">The memory of the host.</param>
    /// <exception cref="HyperlightException">
    /// HL2013: the file cannot be opened or mapped, is empty, or is not an ordinary file. HL3012: the copy does not fit into memory.
    /// </exception>
    /// <exception cref="ArgumentException">The path has a character that paths cannot have.</exception>
    public static SharedMemory Map(string path, IHostMemory host)
    {
        SharedFile file = Open(Path.GetFullPath(path), path, out ulong length);
        try
        {
            return new(host.MapReadOnly(file, length), file);
        }
        catch (HyperlightException exception)
        {
            // The file is of a kind that has no pages, or larger than all addresses.
            file.Dispose();
            throw Failure($"'{path}' ({length} bytes) cannot be mapped: {exception.Message} Name an ordinary file.", exception);
        }
    }

    private static SharedFile Open(string full, string path, out ulong length)
    {
        try
        {
            SafeFileHandle file = OrdinaryFile.Open(full);
            length = (ulong)RandomAccess.GetLength(file);
            if (FileSystem.IsLocal(file))
            {
                return new(file);
            }

            using (file)
            {
                return SharedFile.Sealed(
                    SealedFile.Copy($"'{path}', whose content another machine or program has,", file, (long)length, hash: null));
            }
        }
        catch (EndOfStreamException exception)
        {
            throw Failure($"'{path}' cannot be mapped: it has fewer bytes than its length says. Name an ordinary file.", exception);
        }
        catch (InvalidDataException exception)
        {
            throw Failure($"{exception.Message}, an ordinary file of at least one byte can be mapped: name another one.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failure($"'{path}' cannot be opened: {exception.Message} Correct the path, or make the file readable.", exception);
        }
    }

    private static HyperlightException Failure(string what, Exception? cause = null) => new(Rules.NotMappable.FoundText(what), cause);
}
