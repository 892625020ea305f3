using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Memory.Linux;

/// <summary>Memory from mmap(2).</summary>
internal sealed unsafe class LinuxMemory : MappedMemory
{
    private const ulong GuardSize = 4096;

    // Writing zeros to this many pages is faster than getting new pages. An idle sandbox may keep this many pages.
    private const int MostPagesToKeep = 64;

    // The kernel is asked about this many pages at once. For memory with more pages, asking which pages have content takes too long.
    private const ulong MostPagesToAskFor = 1024;

    // The number of inaccessible bytes in front of the memory, and also of those behind the memory.
    private readonly ulong _guard;

    private LinuxMemory(void* address, ulong size, ulong guard, SafeFileHandle? file = null, ulong fileLength = 0)
        : base((nint)address, size, file, fileLength) => _guard = guard;

    /// <summary>Allocates zeroed memory, see <see cref="IHostMemory.Allocate(ulong)"/>.</summary>
    public static LinuxMemory Allocate(ulong size)
    {
        const int Flags = Mman.MapPrivate | Mman.MapAnonymous | Mman.MapFixed | Mman.MapNoReserve;
        LinuxMemory memory = Reserve(size);
        return memory.Place(Mman.Map((void*)memory.Address, (nuint)size, Mman.ProtRead | Mman.ProtWrite, Flags, -1, 0));
    }

    /// <summary>Maps the start of a file read-only. Pages are shared with every other view of the file.</summary>
    /// <param name="file">The file, at least <paramref name="size"/> bytes long as long as the memory lives.</param>
    /// <param name="size">The size in bytes, a multiple of the page size and not 0.</param>
    public static LinuxMemory MapReadOnly(SafeFileHandle file, ulong size) => Reserve(size).Place(file);

    /// <summary>
    /// Maps the start of a file that other processes may shorten at any time, read-only. If this process touched a page that the file no
    /// longer has, a SIGBUS would end the process, so the host reads the file instead of the memory. If a guest touches such a page, only
    /// the guest fails: KVM returns an error.
    /// </summary>
    /// <param name="file">The file, open as long as the memory lives.</param>
    /// <param name="length">The number of bytes of the file to show, not 0.</param>
    public static LinuxMemory MapChanging(SafeFileHandle file, ulong length) =>
        Reserve(GuestLayout.RoundUpToPage(length), file, length).Place(file);

    /// <summary>
    /// Maps memory that this process shares with the kernel through a device, at an address of the kernel's choice and without guard pages.
    /// </summary>
    public static LinuxMemory MapDevice(SafeHandle device, ulong size)
    {
        void* address = Mman.Map(null, (nuint)size, Mman.ProtRead | Mman.ProtWrite, Mman.MapShared, device, 0);
        if (address == Mman.Failed)
        {
            throw Failure(size);
        }

        KeepOutOfCoreFiles((ulong)address, size);
        return new(address, size, guard: 0);
    }

    /// <summary>Makes a part of allocated memory a private view of a file. Earlier writes to the part are lost.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie inside the memory.</exception>
    /// <exception cref="HyperlightException">The kernel refused.</exception>
    public void Show(in FilePart part)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(part.Offset, Size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(part.Size, Size - part.Offset);

        // Sound: [offset, offset + size) was just checked to lie inside [0, Size), so nothing but this memory is replaced.
        const int Flags = Mman.MapPrivate | Mman.MapFixed | Mman.MapNoReserve;
        void* address = (void*)(Address + part.Offset);
        if (Mman.Map(address, (nuint)part.Size, Mman.ProtRead | Mman.ProtWrite, Flags, part.File, checked((long)part.FileOffset))
            == Mman.Failed)
        {
            throw Failure(part.Size);
        }

        KeepOutOfCoreFiles((ulong)address, part.Size);
    }

    /// <inheritdoc/>
    public override IEnumerable<ulong> WrittenPages()
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

    /// <inheritdoc/>
    public override void Discard() => Require(Mman.Advise((void*)Address, (nuint)Size, Mman.AdviseDontNeed));

    /// <inheritdoc/>
    public override void Zero()
    {
        ulong pages = Size / GuestLayout.PageSize;
        Span<ulong> entries = stackalloc ulong[(int)Math.Min(pages, MostPagesToAskFor)];
        if (pages > MostPagesToAskFor || !PageMap.TryRead(Address, entries) || CountContent(entries) > MostPagesToKeep)
        {
            Discard();
            return;
        }

        // A hypervisor without nested paging keeps translations of guest addresses, and does not see the host write the guest's page
        // tables. The advice that the kernel may drop the pages makes the kernel drop the translations too. The pages stay, because zeros
        // are written to each page afterwards, which takes the advice back.
        Require(Mman.Advise((void*)Address, (nuint)Size, Mman.AdviseFree));
        for (int i = 0; i < entries.Length; i++)
        {
            if (PageMap.HasContent(entries[i]))
            {
                Slice((ulong)i * GuestLayout.PageSize, (int)GuestLayout.PageSize).Clear();
            }
        }
    }

    /// <summary>
    /// Makes the kernel give memory in small pages only. Otherwise a guest that writes a byte here and there would take 2 MiB each time.
    /// </summary>
    public void KeepPagesSmall() => _ = Mman.Advise((void*)Address, (nuint)Size, Mman.AdviseNoHugePages);

    /// <inheritdoc/>
    public override void MakeReadOnly() => Require(Mman.Protect((void*)Address, (nuint)Size, Mman.ProtRead));

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Mman.Unmap((void*)(Address - _guard), (nuint)(Size + (2 * _guard))) == 0;

    private static int CountContent(ReadOnlySpan<ulong> entries)
    {
        int count = 0;
        foreach (ulong entry in entries)
        {
            count += PageMap.HasContent(entry) ? 1 : 0;
        }

        return count;
    }

    private static LinuxMemory Reserve(ulong size, SafeFileHandle? file = null, ulong fileLength = 0)
    {
        ArgumentOutOfRangeException.ThrowIfZero(size);
        ArgumentOutOfRangeException.ThrowIfNotEqual(size % GuardSize, 0UL, nameof(size));
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Guests and their memory exist on Linux and Windows only: run this program there.");
        }

        void* reservation = Mman.Map(
            null, (nuint)(size + (2 * GuardSize)), Mman.ProtNone, Mman.MapPrivate | Mman.MapAnonymous | Mman.MapNoReserve, -1, 0);
        return reservation == Mman.Failed ? throw Failure(size) : new((byte*)reservation + GuardSize, size, GuardSize, file, fileLength);
    }

    private LinuxMemory Place(SafeFileHandle file) => Place(
        Mman.Map((void*)Address, (nuint)Size, Mman.ProtRead, Mman.MapPrivate | Mman.MapFixed | Mman.MapNoReserve, file, 0));

    private LinuxMemory Place(void* result)
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

    // A new mapping begins without this advice. A kernel that does not know the advice writes no such files.
    private static void KeepOutOfCoreFiles(ulong address, ulong size) => _ = Mman.Advise((void*)address, (nuint)size, Mman.AdviseDontDump);

    private void Require(int result)
    {
        if (result != 0)
        {
            throw new HyperlightException(
                $"{ByteSize.ToText(Size)} of a guest's memory cannot be changed: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    private static HyperlightException Failure(ulong size) =>
        new($"{ByteSize.ToText(size)} of memory for a guest cannot be mapped: {Marshal.GetLastPInvokeErrorMessage()}.");
}
