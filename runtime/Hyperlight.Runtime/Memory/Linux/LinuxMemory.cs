using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Memory.Linux;

/// <summary>Memory from mmap(2).</summary>
internal sealed unsafe partial class LinuxMemory : MappedMemory
{
    /// <summary>The number of inaccessible bytes in front of memory, and also of those behind the memory.</summary>
    public const ulong GuardSize = 4096;

    // The kernel is asked about this many pages at once. For memory with more pages, asking which pages have content takes too long.
    private const ulong MostPagesToAskFor = 1024;

    // GuardSize, or 0 for memory without guard pages.
    private readonly ulong _guard;

    // Whether the guard pages belong to the mapping of the memory. Such a mapping is changed as a whole, so that it stays one mapping.
    private bool _isOneMapping;

    private LinuxMemory(void* address, ulong size, ulong guard, SafeFileHandle? file = null, ulong fileLength = 0)
        : base((nint)address, size, file, fileLength) => _guard = guard;

    /// <summary>Allocates zeroed memory, see <see cref="IHostMemory.Allocate(ulong)"/>.</summary>
    public static LinuxMemory Allocate(ulong size)
    {
        LinuxMemory memory = MapGuarded(size, file: null);
        return memory.OrDispose(memory.Guard);
    }

    /// <summary>Allocates memory with the content of a template, see <see cref="IHostMemory.Allocate(MemoryTemplate)"/>.</summary>
    public static LinuxMemory Allocate(MemoryTemplate template)
    {
        LinuxMemory memory = MapGuarded(template.Size, template.File);
        return memory.OrDispose(() =>
        {
            memory.Guard();
            memory.Adopt(template);
        });
    }

    /// <summary>Maps the start of a file read-only. Pages are shared with every other view of the file.</summary>
    /// <param name="file">The file, at least <paramref name="size"/> bytes long as long as the memory lives.</param>
    /// <param name="size">The size in bytes, a multiple of the page size and not 0.</param>
    public static LinuxMemory MapReadOnly(SafeFileHandle file, ulong size) => PlaceReadOnly(Reserve(size), file);

    /// <summary>
    /// Maps the start of a file that other processes may shorten at any time, read-only. If this process touched a page that the file no
    /// longer has, a SIGBUS would end the process, so the host reads the file instead of the memory. If a guest touches such a page, only
    /// the guest fails: KVM returns an error.
    /// </summary>
    /// <param name="file">The file, open as long as the memory lives.</param>
    /// <param name="length">The number of bytes of the file to show, not 0.</param>
    public static LinuxMemory MapChanging(SafeFileHandle file, ulong length) =>
        PlaceReadOnly(Reserve(GuestLayout.RoundUpToPage(length), file, length), file);

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

    /// <summary>
    /// Makes the kernel give memory in small pages only. Otherwise a guest that writes a byte here and there would take 2 MiB each time.
    /// </summary>
    public void KeepPagesSmall() => _ = Mman.Advise(Start, Length, Mman.AdviseNoHugePages);

    /// <inheritdoc/>
    public override void MakeReadOnly() => Require(Mman.Protect(Start, Length, Mman.ProtRead));

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        _template?.Dispose();
        return Mman.Unmap((void*)(Address - _guard), (nuint)(Size + (2 * _guard))) == 0;
    }

    // The range whose permissions can be changed as one.
    private void* Start => (void*)(_isOneMapping ? Address - _guard : Address);

    private nuint Length => (nuint)(_isOneMapping ? Size + (2 * _guard) : Size);

    private static LinuxMemory Reserve(ulong size, SafeFileHandle? file = null, ulong fileLength = 0)
    {
        CheckSize(size);
        void* reservation = Mman.Map(
            null, (nuint)(size + (2 * GuardSize)), Mman.ProtNone, Mman.MapPrivate | Mman.MapAnonymous | Mman.MapNoReserve, -1, 0);
        return reservation == Mman.Failed ? throw Failure(size) : new((byte*)reservation + GuardSize, size, GuardSize, file, fileLength);
    }

    /// <summary>Maps memory and its guard pages, which are accessible until <see cref="Guard"/> is called.</summary>
    private static LinuxMemory MapGuarded(ulong size, SafeFileHandle? file)
    {
        CheckSize(size);
        void* start = Map(null, size, file, flags: 0);
        return start == Mman.Failed ? throw Failure(size) : new((byte*)start + GuardSize, size, GuardSize);
    }

    /// <summary>Maps a private view of a file, or zeros, with room for the guard pages, which the file has too.</summary>
    private static void* Map(void* address, ulong size, SafeFileHandle? file, int flags)
    {
        flags |= Mman.MapPrivate | Mman.MapNoReserve;
        const int Access = Mman.ProtRead | Mman.ProtWrite;
        nuint length = (nuint)(size + (2 * GuardSize));
        return file is null
            ? Mman.Map(address, length, Access, flags | Mman.MapAnonymous, -1, 0)
            : Mman.Map(address, length, Access, flags, file, 0);
    }

    private static void CheckSize(ulong size)
    {
        ArgumentOutOfRangeException.ThrowIfZero(size);
        ArgumentOutOfRangeException.ThrowIfNotEqual(size % GuardSize, 0UL, nameof(size));
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Guests and their memory exist on Linux and Windows only: run this program there.");
        }
    }

    /// <summary>Maps a private view of a file, or zeros, in place of what was mapped by <see cref="MapGuarded"/>.</summary>
    private void Place(SafeFileHandle? file)
    {
        if (Map((void*)(Address - GuardSize), Size, file, Mman.MapFixed) == Mman.Failed)
        {
            throw Failure(Size);
        }

        Guard();
    }

    /// <summary>
    /// Makes the guard pages inaccessible. The advice for that (Linux 6.13, for views of files 6.15) leaves one mapping, which makes
    /// KVM_CREATE_VM faster. Without the advice, and in processes that lock their memory, each guard page becomes a mapping.
    /// </summary>
    private void Guard()
    {
        void* first = (void*)(Address - GuardSize);
        void* last = (void*)(Address + Size);
        KeepOutOfCoreFiles((ulong)first, Size + (2 * GuardSize));
        _isOneMapping = Mman.Advise(first, (nuint)GuardSize, Mman.AdviseGuard) == 0
            && Mman.Advise(last, (nuint)GuardSize, Mman.AdviseGuard) == 0;
        if (!_isOneMapping)
        {
            Require(Mman.Protect(first, (nuint)GuardSize, Mman.ProtNone));
            Require(Mman.Protect(last, (nuint)GuardSize, Mman.ProtNone));
        }
    }

    private static LinuxMemory PlaceReadOnly(LinuxMemory memory, SafeFileHandle file)
    {
        const int Flags = Mman.MapPrivate | Mman.MapFixed | Mman.MapNoReserve;
        return memory.OrDispose(
            () => memory.Placed(Mman.Map((void*)memory.Address, (nuint)memory.Size, Mman.ProtRead, Flags, file, 0)));
    }

    // A new mapping begins without this advice. A kernel that does not know the advice writes no such files.
    private static void KeepOutOfCoreFiles(ulong address, ulong size) => _ = Mman.Advise((void*)address, (nuint)size, Mman.AdviseDontDump);

    private void Placed(void* result)
    {
        if (result == Mman.Failed)
        {
            throw Failure(Size);
        }

        KeepOutOfCoreFiles(Address, Size);
    }

    /// <summary>Gets this memory, or disposes it if it cannot be mapped.</summary>
    private LinuxMemory OrDispose(Action map)
    {
        try
        {
            map();
            return this;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void Require(int result)
    {
        if (result != 0)
        {
            throw new HyperlightException(
                $"{ByteSize.ToText(Size)} of a guest's memory cannot be changed: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    private static HyperlightException Failure(ulong size)
    {
        string reason = Marshal.GetLastPInvokeErrorMessage();
        return SystemLimits.Explain("mmap", Marshal.GetLastPInvokeError()) is { } finding
            ? new(finding)
            : new($"{ByteSize.ToText(size)} of memory for a guest cannot be mapped: {reason}.");
    }
}
