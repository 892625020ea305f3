using System.Runtime.InteropServices;
using Hyperlight.Layouts;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Memory;

/// <summary>Files without a name that live in memory: memfd_create(2).</summary>
internal static partial class AnonymousFile
{
    // linux/memfd.h, linux/fcntl.h.
    private const uint CloseOnExec = 1;
    private const uint AllowSealing = 2;
    private const int AddSeals = 1033;
    private const int NoMoreSeals = 1;
    private const int NoShrinking = 2;
    private const int NoGrowing = 4;
    private const int NoWriting = 8;

    /// <summary>A file with a copy of some memory that nobody can change any more. Pages that are zero take no space.</summary>
    /// <param name="memory">The memory.</param>
    /// <returns>The file, and how many bytes of it take space.</returns>
    /// <exception cref="HyperlightException">There is not enough memory, or too many files are open.</exception>
    public static (SafeFileHandle File, ulong Size) Copy(MappedMemory memory)
    {
        SafeFileHandle file = new(Create("hyperlight-snapshot", CloseOnExec | AllowSealing), ownsHandle: true);
        try
        {
            if (file.IsInvalid)
            {
                throw Failure(Marshal.GetLastPInvokeErrorMessage());
            }

            RandomAccess.SetLength(file, checked((long)memory.Size));
            ulong size = 0;
            for (ulong offset = 0; offset < memory.Size; offset += GuestLayout.PageSize)
            {
                ReadOnlySpan<byte> page = memory.Slice(offset, (int)GuestLayout.PageSize);
                if (page.ContainsAnyExcept((byte)0))
                {
                    RandomAccess.Write(file, page, (long)offset);
                    size += GuestLayout.PageSize;
                }
            }

            if (Control(file, AddSeals, NoMoreSeals | NoShrinking | NoGrowing | NoWriting) != 0)
            {
                throw Failure(Marshal.GetLastPInvokeErrorMessage());
            }

            return (file, size);
        }
        catch (IOException exception)
        {
            file.Dispose();
            throw Failure(exception.Message);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static HyperlightException Failure(string reason) => new($"A snapshot's memory cannot be had: {reason}.");

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Create(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, int command, int argument);
}
