using System.Runtime.InteropServices;
using Hyperlight.Layouts;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Memory;

/// <summary>
/// Host memory from mmap(2). What a guest can reach lies between two inaccessible pages, so that a host access that runs past either end faults
/// instead of touching something else. None of it gets into core files of this process: what guests have may be secret. Disposing unmaps it: whoever
/// lends its address to a hypervisor closes that first.
/// </summary>
internal sealed unsafe class MappedMemory : SafeHandle
{
    private const ulong GuardSize = 4096;

    // Up to here it is faster to write zeros to pages than to get new ones, and this is what an idle sandbox may keep.
    private const int MostPagesToKeep = 64;

    // Up to here it is fast to ask which pages there are, and as many are asked for at once.
    private const ulong MostPagesToAskFor = 1024;

    private readonly nuint _guard;

    // The file of a view that is not safe to touch, and how many bytes of it are shown.
    private SafeFileHandle? _file;
    private ulong _fileLength;

    private MappedMemory(void* reservation, ulong size, ulong guard)
        : base(0, ownsHandle: true)
    {
        Size = size;
        _guard = (nuint)guard;
        SetHandle((nint)reservation);
    }

    /// <summary>Usable bytes.</summary>
    public ulong Size { get; }

    /// <summary>The address of the first usable byte, for the kernel only; host code uses <see cref="Slice"/>.</summary>
    public ulong Address => (ulong)handle + _guard;

    /// <inheritdoc/>
    public override bool IsInvalid => handle is 0 or -1;

    /// <summary>Zeroed memory, which is only there once it is touched.</summary>
    /// <param name="size">Bytes, a multiple of the page size and not 0.</param>
    public static MappedMemory Allocate(ulong size)
    {
        MappedMemory memory = Reserve(size);
        return memory.Place(Mman.Map(
            (void*)memory.Address, (nuint)size, Mman.ProtRead | Mman.ProtWrite, Mman.MapPrivate | Mman.MapAnonymous | Mman.MapFixed | Mman.MapNoReserve, -1, 0));
    }

    /// <summary>A private view of a file's start. Pages that are not written are shared with every other view of the file.</summary>
    /// <param name="file">The file, at least <paramref name="size"/> bytes long as long as the view lives.</param>
    /// <param name="size">Bytes, a multiple of the page size and not 0.</param>
    /// <param name="writable">Whether the view can be written to; the file itself never changes.</param>
    public static MappedMemory MapPrivate(SafeHandle file, ulong size, bool writable)
    {
        MappedMemory memory = Reserve(size);
        int protection = writable ? Mman.ProtRead | Mman.ProtWrite : Mman.ProtRead;
        return memory.Place(Mman.Map((void*)memory.Address, (nuint)size, protection, Mman.MapPrivate | Mman.MapFixed | Mman.MapNoReserve, file, 0));
    }

    /// <summary>
    /// A read-only view of the start of a file that other processes may shorten at any time: touching a page that is gone would end this process (SIGBUS).
    /// So only a guest uses the mapping, for which KVM turns that into an error; the host reads the file, through <see cref="Page"/> and <see cref="Read"/>.
    /// </summary>
    /// <param name="file">The file, open as long as the view lives.</param>
    /// <param name="length">Its bytes that are shown, not 0. What is behind them in the last page is zero where the file ends.</param>
    public static MappedMemory MapFile(SafeFileHandle file, ulong length)
    {
        MappedMemory memory = MapPrivate(file, GuestLayout.RoundUpToPage(length), writable: false);
        memory._file = file;
        memory._fileLength = length;
        return memory;
    }

    /// <summary>Makes a part of a private view show another file. What was written there is forgotten.</summary>
    /// <param name="offset">Where the part starts, a multiple of the page size.</param>
    /// <param name="size">Its bytes, a multiple of the page size and not 0.</param>
    /// <param name="file">The file, long enough as long as the view lives.</param>
    /// <param name="fileOffset">Where in the file it starts, a multiple of the page size.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie inside the memory.</exception>
    /// <exception cref="HyperlightException">The kernel refused.</exception>
    public void MapPrivateOver(ulong offset, ulong size, SafeHandle file, ulong fileOffset)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Size - offset);

        // Sound: [offset, offset + size) was just checked to lie inside [0, Size), so nothing but this memory is replaced.
        void* result = Mman.Map(
            (void*)(Address + offset), (nuint)size, Mman.ProtRead | Mman.ProtWrite, Mman.MapPrivate | Mman.MapFixed | Mman.MapNoReserve, file, checked((long)fileOffset));
        if (result == Mman.Failed)
        {
            throw Failure(size);
        }

        KeepOutOfCoreFiles(Address + offset, size);
    }

    /// <summary>Memory shared with the kernel through a device, at an address of the kernel's choice.</summary>
    public static MappedMemory MapDevice(SafeHandle device, ulong size)
    {
        void* address = Mman.Map(null, (nuint)size, Mman.ProtRead | Mman.ProtWrite, Mman.MapShared, device, 0);
        if (address == Mman.Failed)
        {
            throw Failure(size);
        }

        KeepOutOfCoreFiles((ulong)address, size);
        return new(address, size, guard: 0);
    }

    /// <summary>A part of the memory. It must not be used any more once the memory is disposed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie inside the memory.</exception>
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

    /// <summary>The bytes of a page; of a file a copy, and none when the file no longer has all that it had there, or cannot be read.</summary>
    /// <param name="offset">A multiple of the page size.</param>
    /// <exception cref="ArgumentOutOfRangeException">The page does not lie inside the memory.</exception>
    public ReadOnlySpan<byte> Page(ulong offset) => Read(offset, (int)GuestLayout.PageSize);

    /// <summary>The bytes of some pages; of a file a copy, and none when the file no longer has all that it had there, or cannot be read.</summary>
    /// <param name="offset">Where they start, a multiple of the page size.</param>
    /// <param name="length">How many bytes there are, a multiple of the page size.</param>
    /// <exception cref="ArgumentOutOfRangeException">They do not lie inside the memory.</exception>
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

    /// <summary>Finds the pages that may have been written to: the others are zero, or show the file. The kernel says which they are, by whoever they were written.</summary>
    /// <returns>Where they start, ascending. All pages where the kernel does not say it.</returns>
    public IEnumerable<ulong> WrittenPages()
    {
        ulong[] entries = new ulong[MostPagesToAskFor];
        for (ulong offset = 0; offset < Size; offset += MostPagesToAskFor * GuestLayout.PageSize)
        {
            int count = (int)Math.Min((Size - offset) / GuestLayout.PageSize, MostPagesToAskFor);
            bool isKnown = PageMap.TryRead(Address + offset, entries.AsSpan(0, count));
            for (int i = 0; i < count; i++)
            {
                if (!isKnown || PageMap.IsOwn(entries[i]))
                {
                    yield return offset + ((ulong)i * GuestLayout.PageSize);
                }
            }
        }
    }

    /// <summary>Forgets what was written: allocated memory is zero again, a private view shows the file. Costs time for pages that are there only.</summary>
    /// <exception cref="HyperlightException">The kernel refused.</exception>
    public void Discard() => Require(Mman.Advise((void*)Address, (nuint)Size, Mman.AdviseDontNeed));

    /// <summary>
    /// Makes allocated memory zero again. Does what <see cref="Discard"/> does, faster where few pages are there: those are kept.
    /// </summary>
    /// <exception cref="HyperlightException">The kernel refused.</exception>
    public void Zero()
    {
        ulong pages = Size / GuestLayout.PageSize;
        Span<ulong> entries = stackalloc ulong[(int)Math.Min(pages, MostPagesToAskFor)];
        if (pages > MostPagesToAskFor || !PageMap.TryRead(Address, entries) || CountContent(entries) > MostPagesToKeep)
        {
            Discard();
            return;
        }

        // A hypervisor without nested paging keeps translations of guest addresses, and does not see the host write the guest's page tables. Advice that
        // lets the kernel drop the pages makes it drop translations to them. The pages stay: zeros are written to each, which takes the advice back.
        Require(Mman.Advise((void*)Address, (nuint)Size, Mman.AdviseFree));
        for (int i = 0; i < entries.Length; i++)
        {
            if (PageMap.HasContent(entries[i]))
            {
                Slice((ulong)i * GuestLayout.PageSize, (int)GuestLayout.PageSize).Clear();
            }
        }
    }

    /// <summary>Lets the kernel give allocated memory in small pages only: a guest that writes a byte here and there would take 2 MiB each time otherwise.</summary>
    public void KeepPagesSmall() => _ = Mman.Advise((void*)Address, (nuint)Size, Mman.AdviseNoHugePages);

    /// <summary>Lets nobody write any more.</summary>
    /// <exception cref="HyperlightException">The kernel refused.</exception>
    public void MakeReadOnly() => Require(Mman.Protect((void*)Address, (nuint)Size, Mman.ProtRead));

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Mman.Unmap((void*)handle, (nuint)Size + (2 * _guard)) == 0;

    private static int CountContent(ReadOnlySpan<ulong> entries)
    {
        int count = 0;
        foreach (ulong entry in entries)
        {
            count += PageMap.HasContent(entry) ? 1 : 0;
        }

        return count;
    }

    private static MappedMemory Reserve(ulong size)
    {
        ArgumentOutOfRangeException.ThrowIfZero(size);
        ArgumentOutOfRangeException.ThrowIfNotEqual(size % GuardSize, 0UL, nameof(size));
        void* reservation = Mman.Map(
            null, (nuint)(size + (2 * GuardSize)), Mman.ProtNone, Mman.MapPrivate | Mman.MapAnonymous | Mman.MapNoReserve, -1, 0);
        return reservation == Mman.Failed ? throw Failure(size) : new(reservation, size, GuardSize);
    }

    private MappedMemory Place(void* result)
    {
        if (result != Mman.Failed)
        {
            KeepOutOfCoreFiles(Address, Size);
            return this;
        }

        HyperlightException failure = Failure(Size);
        Dispose();
        throw failure;
    }

    // A new mapping begins without it. A kernel that knows no such advice writes no such files.
    private static void KeepOutOfCoreFiles(ulong address, ulong size) => _ = Mman.Advise((void*)address, (nuint)size, Mman.AdviseDontDump);

    private void Require(int result)
    {
        if (result != 0)
        {
            throw new HyperlightException($"{ByteSize.ToText(Size)} of a guest's memory cannot be changed: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    private static HyperlightException Failure(ulong size) =>
        new($"{ByteSize.ToText(size)} of memory for a guest cannot be mapped: {Marshal.GetLastPInvokeErrorMessage()}.");
}
