using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Memory;

/// <summary>
/// Memory of the host that guests are given. The memory lies between two inaccessible pages, so that a host access that runs past either
/// end faults instead of touching something else. Core files of this process do not contain the memory: the data of guests may be secret.
/// The memory must be unmapped from each virtual machine before it is disposed.
/// </summary>
internal abstract unsafe class MappedMemory : SafeHandle
{
    // The file that is read instead of the memory, and the number of its bytes that the memory shows.
    private readonly SafeFileHandle? _file;
    private readonly ulong _fileLength;

    /// <summary>Takes over mapped memory.</summary>
    /// <param name="address">The address of the first byte.</param>
    /// <param name="size">The size in bytes.</param>
    /// <param name="file">The file to read instead of the memory, if others may shorten the file; otherwise <c>null</c>.</param>
    /// <param name="fileLength">The number of bytes of the file that the memory shows.</param>
    protected MappedMemory(nint address, ulong size, SafeFileHandle? file, ulong fileLength)
        : base(0, ownsHandle: true)
    {
        Size = size;
        _file = file;
        _fileLength = fileLength;
        SetHandle(address);
    }

    /// <summary>Gets the size in bytes.</summary>
    public ulong Size { get; }

    /// <summary>Gets the address of the first byte, for the hypervisor only; host code uses <see cref="Slice"/>.</summary>
    public ulong Address => (ulong)handle;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Gets a part of the memory. The part must not be used any more once the memory is disposed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie inside the memory.</exception>
    /// <exception cref="InvalidOperationException">The memory shows a file that others may shorten: use <see cref="Read"/>.</exception>
    public Span<byte> Slice(ulong offset, int length)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        if (_file is not null)
        {
            throw new InvalidOperationException("a view of a file that may be shortened is read by page");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)length, Size - offset, nameof(length));

        // Sound: [offset, offset + length) was just checked to lie inside [0, Size), all of which is mapped until the handle is released.
        return new((void*)(Address + offset), length);
    }

    /// <summary>Gets the bytes of a page, see <see cref="Read"/>.</summary>
    /// <param name="offset">A multiple of the page size.</param>
    /// <exception cref="ArgumentOutOfRangeException">The page does not lie inside the memory.</exception>
    public ReadOnlySpan<byte> Page(ulong offset) => Read(offset, (int)GuestLayout.PageSize);

    /// <summary>
    /// Gets the bytes of some pages. If the memory shows a file that others may shorten, the bytes are a copy. The result is empty if the
    /// file has become shorter than these pages, or cannot be read.
    /// </summary>
    /// <param name="offset">The offset of the first page in bytes, a multiple of the page size.</param>
    /// <param name="length">The number of bytes to get, a multiple of the page size.</param>
    /// <exception cref="ArgumentOutOfRangeException">The pages do not lie inside the memory.</exception>
    public ReadOnlySpan<byte> Read(ulong offset, int length)
    {
        if (_file is null)
        {
            return Slice(offset, length);
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(offset, Size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)length, Size - offset, nameof(length));
        byte[] bytes = new byte[length];
        int expected = (int)Math.Min((ulong)length, _fileLength - offset);
        try
        {
            int read = 0;
            for (int count = 1; count > 0; read += count)
            {
                count = RandomAccess.Read(_file, bytes.AsSpan(read), (long)offset + read);
            }

            return read >= expected ? bytes : [];
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>Finds the pages that may have been written, by host, guest or kernel. The other pages are zero, or show the file.</summary>
    /// <returns>The offsets of the pages, ascending; all pages if the operating system does not tell.</returns>
    public abstract IEnumerable<ulong> WrittenPages();

    /// <summary>
    /// Drops all writes: the memory shows its files again and is zero elsewhere. The time grows with the number of pages that take room.
    /// </summary>
    /// <exception cref="HyperlightException">The operating system refuses.</exception>
    public abstract void Discard();

    /// <summary>
    /// Gives memory without parts of files the content of a template. If few pages take room, they are kept, which is faster than to get
    /// them again. No hypervisor keeps a translation of an address that was made before.
    /// </summary>
    /// <param name="template">
    /// The template, of the size of the memory and with the caller as a user. The memory becomes a user of the template.
    /// </param>
    /// <exception cref="HyperlightException">The operating system refuses.</exception>
    public abstract void Reset(MemoryTemplate template);

    /// <summary>
    /// Gets the template whose content the memory shows where nobody has written; <c>null</c> if the memory shows no template.
    /// </summary>
    public virtual MemoryTemplate? Template => null;

    /// <summary>Forbids host and guests to write to the memory from now on.</summary>
    /// <exception cref="HyperlightException">The operating system refuses.</exception>
    public abstract void MakeReadOnly();
}
