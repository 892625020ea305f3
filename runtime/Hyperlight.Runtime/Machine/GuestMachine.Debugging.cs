using Hyperlight.Addresses;
using Hyperlight.Hypervisors;
using Hyperlight.Memory;
using Hyperlight.Paging;
using Hyperlight.Snapshots;

namespace Hyperlight.Machine;

// The machine as a debugger uses it. The guest must not be running.
internal sealed partial class GuestMachine
{
    /// <inheritdoc cref="IVirtualMachine.SetDebugging"/>
    public void SetDebugging(DebugMode mode) => _virtual.SetDebugging(mode);

    /// <summary>Sets the general registers.</summary>
    public void SetRegisters(in GeneralRegisters registers) => _virtual.SetRegisters(registers);

    /// <summary>Reads memory by virtual address, whatever the guest's own permissions are.</summary>
    /// <param name="address">The address of the first byte.</param>
    /// <param name="bytes">Receives the bytes.</param>
    /// <returns>How many bytes were read; fewer than wanted if the guest has no memory behind them.</returns>
    public int ReadVirtual(GuestVirtualAddress address, Span<byte> bytes)
    {
        PhysicalMemory memory = _memory.ToPhysical();
        int read = 0;
        foreach ((GuestPhysicalAddress part, int length) in Translate(memory, address, bytes.Length))
        {
            ReadOnlySpan<byte> page = memory.Page(new(GuestPage.RoundDown(part.Value)));
            if (page.IsEmpty)
            {
                break;
            }

            page.Slice((int)(part.Value % GuestPage.Size), length).CopyTo(bytes[read..]);
            read += length;
        }

        return read;
    }

    /// <summary>Writes memory by virtual address. Memory that other sandboxes share cannot be written.</summary>
    /// <param name="address">The address of the first byte.</param>
    /// <param name="bytes">The bytes.</param>
    /// <returns><c>false</c> if some of the memory is not there or is shared; nothing was written then.</returns>
    public bool TryWriteVirtual(GuestVirtualAddress address, ReadOnlySpan<byte> bytes)
    {
        List<(GuestPhysicalAddress Address, int Length)> parts = [.. Translate(_memory.ToPhysical(), address, bytes.Length)];
        if (parts.Sum(part => part.Length) != bytes.Length || parts.Exists(part => _memory.Own(part.Address, part.Length).IsEmpty))
        {
            return false;
        }

        // The state is not that of a snapshot any more.
        _current = null;
        int written = 0;
        foreach ((GuestPhysicalAddress part, int length) in parts)
        {
            bytes.Slice(written, length).CopyTo(_memory.Own(part, length));
            written += length;
        }

        return true;
    }

    /// <summary>Finds the parts of a piece of memory, each in one page, up to the first page that is not mapped.</summary>
    private IEnumerable<(GuestPhysicalAddress Address, int Length)> Translate(
        PhysicalMemory memory, GuestVirtualAddress address, int length)
    {
        (PageTableFormat Format, GuestPhysicalAddress Root)? tables = TablesOf(_virtual.GetAllRegisters().Special);
        PageTableWalker? walker = tables is { } found ? new(found.Format, memory, new(ulong.MaxValue)) : null;
        for (int done = 0; done < length;)
        {
            GuestVirtualAddress place = new(unchecked(address.Value + (ulong)done));
            GuestPhysicalAddress? physical = walker is null ? new(place.Value) : walker.Find(tables!.Value.Root, place);
            if (physical is not { } part)
            {
                yield break;
            }

            int count = (int)Math.Min((ulong)(length - done), GuestPage.Size - (place.Value % GuestPage.Size));
            yield return (part, count);
            done += count;
        }
    }

    /// <summary>
    /// Gets the page tables that the guest uses, or <c>null</c> without paging. A triple fault resets the registers of some processors. If
    /// so, the page tables are those that the guest started with.
    /// </summary>
    private (PageTableFormat Format, GuestPhysicalAddress Root)? TablesOf(in SpecialRegisters special) =>
        ProcessorPaging.Of(special) is { } format ? (format, new(special.Cr3 & format.AddressMask))
        : _map.Layout.Paging == GuestPaging.None ? null
        : (PageTableFormat.Of(_map.Layout.Paging), _map.PageTables.Gpa);
}
