using System.Runtime.InteropServices;
using Hyperlight.Concurrency;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Memory.Windows;

/// <summary>
/// A section and its view in this process, which lies between two reserved ranges that nobody can access. Reservations and views begin at
/// multiples of 64 KiB, so the addresses between the end of the view and the next multiple are inaccessible too:
/// <code>
///   reserved 64 KiB │ view, in pages of 4 KiB │ unused │ reserved 64 KiB
/// </code>
/// </summary>
internal sealed unsafe class WindowsMemory : MappedMemory
{
    private const ulong GuardSize = MemoryApi.Granularity;

    // Another thread may take the addresses between two calls, but hardly this often.
    private const int MostTries = 100;

    private static readonly SteadyLock Placing = new();

    // Whether this Windows can keep memory out of its reports.
    private static volatile bool _hasExclusion = true;

    private readonly bool _showsFile;
    private readonly SourcePages? _source;
    private readonly bool _isExcluded;

    private WindowsMemory(SafeMemoryMappedFileHandle section, nint address, ulong size, bool showsFile, SourcePages? source)
        : base(address, size, file: null, fileLength: 0)
    {
        Section = section;
        IsReadOnly = showsFile;
        _showsFile = showsFile;
        _source = source;
        _isExcluded = TryKeepOutOfReports(address, size);
    }

    /// <summary>Gets the section, whose first byte is the first byte of the memory.</summary>
    public SafeMemoryMappedFileHandle Section { get; }

    /// <summary>Gets whether nobody may write to the memory.</summary>
    public bool IsReadOnly { get; private set; }

    /// <summary>Allocates memory.</summary>
    /// <param name="size">The size in bytes, a multiple of the page size and not 0.</param>
    /// <param name="source">The first content, which the memory takes over; <c>null</c> for zeros.</param>
    /// <exception cref="HyperlightException">There is not enough memory.</exception>
    public static WindowsMemory Allocate(ulong size, SourcePages? source = null)
    {
        try
        {
            ArgumentOutOfRangeException.ThrowIfZero(size);
            ArgumentOutOfRangeException.ThrowIfNotEqual(size % GuestLayout.PageSize, 0UL, nameof(size));
            using SafeFileHandle pagingFile = new(-1, ownsHandle: false);
            SafeMemoryMappedFileHandle section = CreateSection(pagingFile, MemoryApi.PageReadWrite, size);
            WindowsMemory memory = new(section, Place(section, size, MemoryApi.FileMapRead | MemoryApi.FileMapWrite), size, false, source);
            memory.Fill();
            return memory;
        }
        catch
        {
            source?.Dispose();
            throw;
        }
    }

    /// <summary>Maps the start of a file read-only. Pages are shared with every other view of the file.</summary>
    /// <param name="file">The file, which may be closed afterwards. Windows shortens no file that is mapped.</param>
    /// <param name="length">The number of bytes to show, not 0. The rest of the last page is zero.</param>
    /// <exception cref="HyperlightException">Windows refuses, or the file is shorter.</exception>
    public static WindowsMemory MapReadOnly(SafeFileHandle file, ulong length)
    {
        ArgumentOutOfRangeException.ThrowIfZero(length);
        SafeMemoryMappedFileHandle section = CreateSection(file, MemoryApi.PageReadOnly, size: 0);
        nint view = Place(section, length, MemoryApi.FileMapRead);
        return new(section, view, GuestLayout.RoundUpToPage(length), showsFile: true, source: null);
    }

    /// <summary>Finds the pages whose content differs from the first content. Nobody else can tell what was written to a section.</summary>
    /// <inheritdoc/>
    public override IEnumerable<ulong> WrittenPages()
    {
        for (ulong offset = 0; !_showsFile && offset < Size; offset += GuestLayout.PageSize)
        {
            if (IsWritten(offset))
            {
                yield return offset;
            }
        }
    }

    /// <inheritdoc/>
    public override void Discard()
    {
        foreach (ulong offset in WrittenPages())
        {
            Reset(offset);
        }
    }

    /// <inheritdoc/>
    public override void Reset(MemoryTemplate template)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(template.Size, Size, nameof(template));
        NativeMemory.Clear((void*)Address, (nuint)Size);
        template.CopyPieces(this);
    }

    /// <inheritdoc/>
    public override void MakeReadOnly()
    {
        uint before;
        if (MemoryApi.Protect((void*)Address, (nuint)Size, MemoryApi.PageReadOnly, &before) == 0)
        {
            throw new HyperlightException(
                $"{ByteSize.ToText(Size)} of a guest's memory cannot be made read-only: "
                + $"{Marshal.GetLastPInvokeErrorMessage().TrimEnd('.')}. End other programs, or enlarge the paging file.");
        }

        IsReadOnly = true;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            Section.Dispose();
            _source?.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        if (_isExcluded)
        {
            _ = MemoryApi.IncludeInReports((void*)handle);
        }

        return MemoryApi.Unmap((void*)handle) != 0 & Free(Address - GuardSize) & Free(Behind(Address, Size));
    }

    /// <summary>Creates a section without a name. A size of 0 is that of the file.</summary>
    private static SafeMemoryMappedFileHandle CreateSection(SafeFileHandle file, uint protection, ulong size)
    {
        // Not verified on Windows: the default descriptor may keep sections of files out of other processes. Whoever can reach a section
        // without a name has its handle already, so a descriptor that allows everything gives nobody more.
        SecurityDescriptor descriptor = SecurityDescriptor.AllowAll;
        SecurityAttributes security = new() { Size = (uint)sizeof(SecurityAttributes), Descriptor = &descriptor };
        return MemoryApi.CreateSection(file, &security, protection, (uint)(size >> 32), (uint)size, null);
    }

    /// <summary>Maps a section between two reservations. The section is closed after a failure.</summary>
    private static nint Place(SafeMemoryMappedFileHandle section, ulong length, uint access)
    {
        int error = Marshal.GetLastPInvokeError();
        if (!section.IsInvalid)
        {
            // Threads that place memory of guests at the same time would take addresses from each other, so they take turns.
            using SteadyLock.Scope scope = Placing.Enter();
            error = MemoryApi.AddressesTaken;
            for (int i = 0; i < MostTries && error == MemoryApi.AddressesTaken; i++)
            {
                if (TryPlace(section, length, access, out error) is not 0 and ulong address)
                {
                    return (nint)address;
                }
            }
        }

        section.Dispose();
        throw new HyperlightException(
            $"{ByteSize.ToText(length)} of memory for a guest cannot be mapped: {Marshal.GetPInvokeErrorMessage(error).TrimEnd('.')}. "
            + "Dispose sandboxes that nobody needs, end other programs, or enlarge the paging file.");
    }

    /// <summary>Finds a range of addresses, and gives its parts to the view and its neighbours.</summary>
    /// <returns>The address of the view; 0 after a failure.</returns>
    private static ulong TryPlace(SafeMemoryMappedFileHandle section, ulong length, uint access, out int error)
    {
        // Windows cannot replace a part of a reservation, so the range is free for a moment.
        ulong range = Reserve(0, Behind(GuardSize, length) + GuardSize);
        ulong address = range + GuardSize;
        ulong before = range != 0 && Free(range) ? Reserve(range, GuardSize) : 0;
        ulong view = before == 0 ? 0 : (ulong)MemoryApi.Map(section, access, 0, 0, (nuint)length, (void*)address);
        ulong behind = view == 0 ? 0 : Reserve(Behind(address, length), GuardSize);
        error = Marshal.GetLastPInvokeError();
        if (behind == 0)
        {
            _ = view != 0 && MemoryApi.Unmap((void*)view) != 0;
            _ = before != 0 && Free(before);
            return 0;
        }

        return view;
    }

    /// <summary>Gets the address of the inaccessible range behind a view.</summary>
    private static ulong Behind(ulong address, ulong length) =>
        address + ((length + MemoryApi.Granularity - 1) & ~(MemoryApi.Granularity - 1));

    private static ulong Reserve(ulong address, ulong size) =>
        (ulong)MemoryApi.Allocate((void*)address, (nuint)size, MemoryApi.Reserve, MemoryApi.PageNoAccess);

    private static bool Free(ulong address) => MemoryApi.Free((void*)address, 0, MemoryApi.Release) != 0;

    private static bool TryKeepOutOfReports(nint address, ulong size)
    {
        try
        {
            return _hasExclusion && MemoryApi.ExcludeFromReports((void*)address, (uint)Math.Min(size, uint.MaxValue)) >= 0;
        }
        catch (EntryPointNotFoundException)
        {
            return _hasExclusion = false;
        }
    }

    /// <summary>Writes the first content to memory that is zero.</summary>
    private void Fill()
    {
        for (ulong offset = 0; _source is not null && offset < Size; offset += GuestLayout.PageSize)
        {
            _source[offset].CopyTo(Slice(offset, (int)GuestLayout.PageSize));
        }
    }

    private bool IsWritten(ulong offset)
    {
        ReadOnlySpan<byte> page = Slice(offset, (int)GuestLayout.PageSize);
        ReadOnlySpan<byte> first = FirstContent(offset);
        return first.IsEmpty ? page.ContainsAnyExcept((byte)0) : !page.SequenceEqual(first);
    }

    private void Reset(ulong offset)
    {
        Span<byte> page = Slice(offset, (int)GuestLayout.PageSize);
        ReadOnlySpan<byte> first = FirstContent(offset);
        if (first.IsEmpty)
        {
            page.Clear();
        }
        else
        {
            first.CopyTo(page);
        }
    }

    /// <summary>Gets the first content of a page; no bytes for zeros.</summary>
    private ReadOnlySpan<byte> FirstContent(ulong offset) => _source is null ? [] : _source[offset];
}
