using System.Runtime.InteropServices;
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

    /// <summary>A file that nobody can change any more once it is filled.</summary>
    /// <param name="fill">Fills it.</param>
    /// <exception cref="HyperlightException">There is not enough memory, or too many files are open.</exception>
    public static SafeFileHandle Create(Action<SafeFileHandle> fill)
    {
        SafeFileHandle file = new(Create("hyperlight-snapshot", CloseOnExec | AllowSealing), ownsHandle: true);
        try
        {
            if (file.IsInvalid)
            {
                throw Failure(Marshal.GetLastPInvokeErrorMessage());
            }

            fill(file);
            return Control(file, AddSeals, NoMoreSeals | NoShrinking | NoGrowing | NoWriting) == 0 ? file : throw Failure(Marshal.GetLastPInvokeErrorMessage());
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
