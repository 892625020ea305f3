using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Hyperlight.Addresses;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Files;

/// <summary>
/// Creates files that nobody else can change, shorten or replace. On Linux they have no name and are in memory: memfd_create(2) with all
/// seals. On Windows they are temporary files that only this process can open, and that are gone once they are closed.
/// </summary>
internal static partial class SealedFile
{
    // linux/memfd.h, linux/fcntl.h. Some systems refuse a file without the flag NoExecute. Kernels before 6.3 do not know the flag.
    private const uint CloseOnExec = 1;
    private const uint AllowSealing = 2;
    private const uint NoExecute = 8;
    private const int AddSeals = 1033;
    private const int NoMoreSeals = 1;
    private const int NoShrinking = 2;
    private const int NoGrowing = 4;
    private const int NoWriting = 8;
    private const int InvalidArgument = 22;

    // FSCTL_SET_SPARSE of winioctl.h.
    private const uint MakeSparse = 0x900C4;

    private const int ChunkSize = 256 << 10;
    private const int PageSize = (int)GuestPage.Size;

    /// <summary>Gets whether this operating system has sealed files.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() || OperatingSystem.IsWindows();

    /// <summary>Creates a file.</summary>
    /// <param name="what">The content in words, for messages, such as <c>the image 'guests/hello'</c>.</param>
    /// <param name="fill">Writes the content to the file.</param>
    /// <exception cref="HyperlightException">HL3012: there is not enough memory, or too many files are open.</exception>
    public static SafeFileHandle Create(string what, Action<SafeFileHandle> fill) => Seal(what, file => Write(what, () => fill(file)));

    /// <summary>Copies the start of a file. Pages of zeros take no memory.</summary>
    /// <param name="what">The content in words, for messages.</param>
    /// <param name="source">The file.</param>
    /// <param name="length">The number of bytes that are copied. The rest of the last page of the copy is zero.</param>
    /// <param name="hash">Receives the bytes that are copied; <c>null</c> if no digest is needed.</param>
    /// <param name="cancellationToken">Stops the copy.</param>
    /// <exception cref="HyperlightException">HL3012: there is not enough memory, or too many files are open.</exception>
    /// <exception cref="EndOfStreamException">The file became shorter.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SafeFileHandle Copy(
        string what, SafeFileHandle source, long length, IncrementalHash? hash, CancellationToken cancellationToken = default) =>
        Seal(what, target =>
    {
        Write(what, () => RandomAccess.SetLength(target, checked((long)GuestPage.RoundUp((ulong)length))));
        Read(
            source,
            length,
            (chunk, offset) =>
            {
                hash?.AppendData(chunk.Span);
                foreach (Range pages in NonZeroPages(chunk))
                {
                    Write(what, () => RandomAccess.Write(target, chunk[pages].Span, offset + pages.Start.Value));
                }
            },
            cancellationToken);
    });

    /// <summary>Reads the start of a file in pieces. Each piece starts at a multiple of the page size.</summary>
    /// <param name="source">The file.</param>
    /// <param name="length">The number of bytes that are read.</param>
    /// <param name="sink">Receives each piece with its offset in the file.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="EndOfStreamException">The file became shorter.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static void Read(
        SafeFileHandle source, long length, Action<ReadOnlyMemory<byte>, long> sink, CancellationToken cancellationToken = default)
    {
        byte[] buffer = new byte[(int)Math.Min(ChunkSize, length)];
        for (long offset = 0; offset < length; offset += buffer.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Memory<byte> chunk = buffer.AsMemory(0, (int)Math.Min(buffer.Length, length - offset));
            for (int done = 0; done < chunk.Length;)
            {
                int count = RandomAccess.Read(source, chunk.Span[done..], offset + done);
                done += count > 0 ? count : throw new EndOfStreamException("A file became shorter while it was read.");
            }

            sink(chunk, offset);
        }
    }

    /// <summary>Gets the ranges of pages that are not zero.</summary>
    private static IEnumerable<Range> NonZeroPages(ReadOnlyMemory<byte> chunk)
    {
        int start = 0;
        for (int page = 0; page < chunk.Length; page += PageSize)
        {
            int end = Math.Min(page + PageSize, chunk.Length);
            if (!chunk.Span[page..end].ContainsAnyExcept((byte)0))
            {
                if (page > start)
                {
                    yield return start..page;
                }

                start = end;
            }
        }

        if (chunk.Length > start)
        {
            yield return start..chunk.Length;
        }
    }

    private static void Write(string what, Action write)
    {
        try
        {
            write();
        }
        catch (IOException exception)
        {
            throw Failure(what, exception.Message);
        }
    }

    private static SafeFileHandle Seal(string what, Action<SafeFileHandle> fill)
    {
        SafeFileHandle file = OperatingSystem.IsWindows() ? MakeTemporary(what) : Make(what);
        try
        {
            fill(file);
            return OperatingSystem.IsWindows() || Control(file, AddSeals, NoMoreSeals | NoShrinking | NoGrowing | NoWriting) == 0
                ? file
                : throw Failure(what, Marshal.GetLastPInvokeErrorMessage());
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static SafeFileHandle Make(string what)
    {
        int descriptor = MakeFile("hyperlight", CloseOnExec | AllowSealing | NoExecute);
        if (descriptor < 0 && Marshal.GetLastPInvokeError() == InvalidArgument)
        {
            descriptor = MakeFile("hyperlight", CloseOnExec | AllowSealing);
        }

        return descriptor >= 0 ? new(descriptor, ownsHandle: true) : throw Failure(what, Marshal.GetLastPInvokeErrorMessage());
    }

    private static SafeFileHandle MakeTemporary(string what)
    {
        SafeFileHandle? file = null;
        try
        {
            string path = Path.Combine(Path.GetTempPath(), "hyperlight-" + Path.GetRandomFileName());
            file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);

            // Windows keeps the content of a temporary file in memory as long as there is room. In a sparse file pages that nobody writes
            // take no room; where the file system has no sparse files they do.
            File.SetAttributes(file, FileAttributes.Temporary);
            _ = ControlDevice(file, MakeSparse, 0, 0, 0, 0, out _, 0);
            return file;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw Failure(what, exception.Message);
        }
    }

    private static HyperlightException Failure(string what, string reason) => new(OperatingSystem.IsWindows()
        ? Rules.ContentNotHeld.Found(
            $"{what} cannot be held in a temporary file: {reason.TrimEnd('.')}. Make '{Path.GetTempPath()}' writable, and free room there.")
        : Rules.ContentNotHeld.Found(
            $"{what} cannot be held in memory: {reason.TrimEnd('.')}. Give the process more memory or more open files."));

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFile(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, int command, int argument);

    [LibraryImport("kernel32", EntryPoint = "DeviceIoControl")]
    private static partial int ControlDevice(
        SafeFileHandle file, uint code, nint input, uint inputSize, nint output, uint outputSize, out uint written, nint overlapped);
}
