using System.Text;
using Hyperlight.Layouts;
using Hyperlight.Memory;

namespace Hyperlight.Machine;

// Files and regions of host memory that are mapped into the guest's memory (amd64 sheet, section 7.1).
internal sealed partial class GuestMachine
{
    // Whether a region was released after the last call of UnmapReleased.
    private volatile bool _hasReleased;

    /// <summary>Maps a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="address">The guest-physical address of the first byte.</param>
    /// <param name="label">The label under which the guest's PEB lists the file, or <c>null</c> for the name of the file.</param>
    /// <exception cref="HyperlightException">HL2004, HL2005, HL2009, HL2013, HL2016.</exception>
    public MappedRegion MapFile(string path, GuestPhysicalAddress address, string? label)
    {
        string? listed = CheckLabel(path, label);
        MappedRegion region = Add(path, RegularFile.Map(path, _memory.Host), address, listed);
        _memory.ListFiles();
        return region;
    }

    /// <summary>Maps a region of host memory.</summary>
    /// <param name="region">The region.</param>
    /// <param name="address">The guest-physical address of the first byte.</param>
    /// <exception cref="HyperlightException">HL2004, HL2005, HL2009, HL2013.</exception>
    /// <exception cref="ObjectDisposedException">The region is disposed.</exception>
    public MappedRegion MapRegion(SharedRegion region, GuestPhysicalAddress address) =>
        Add(region.Name, region.Hold(), address, label: null);

    /// <summary>Unmaps the region that begins at an address.</summary>
    /// <exception cref="HyperlightException">HL2013: no region begins there.</exception>
    public void Unmap(GuestPhysicalAddress address) => Unmap(_memory.Regions.Find(region => region.Gpa == address)
        ?? throw new HyperlightException(Rules.NotMappable.Found(
            $"nothing is mapped at {address}: use the address that was given to MapFile or MapRegion.")));

    /// <summary>
    /// Notes that a region is to be unmapped by the next <see cref="UnmapReleased"/>. Any thread may call this at any time.
    /// </summary>
    public void Release(MappedRegion region)
    {
        // The region is marked before the flag is set, so that a thread that sees the flag finds the marked region.
        region.Release();
        _hasReleased = true;
    }

    /// <summary>Unmaps the regions that were released. To be called between runs, before the guest runs or its memory is read.</summary>
    /// <exception cref="HypervisorException">The hypervisor refuses. The next call tries again.</exception>
    public void UnmapReleased()
    {
        if (!_hasReleased)
        {
            return;
        }

        _hasReleased = false;
        try
        {
            foreach (MappedRegion region in _memory.Regions.FindAll(region => region.IsReleased))
            {
                Unmap(region);
            }
        }
        catch
        {
            _hasReleased = true;
            throw;
        }
    }

    private void MapDeclared()
    {
        foreach (DeclaredMapping mapping in _settings.Mappings)
        {
            _ = mapping.Region is { } region ? MapRegion(region, mapping.Address) : MapFile(mapping.Path!, mapping.Address, mapping.Label);
        }
    }

    private string? CheckLabel(string path, string? label)
    {
        if (!_map.Layout.ListsFileMappings)
        {
            return label is null ? null : throw new HyperlightException(Rules.LayoutLacks.Found(
                $"'{path}' is to be mapped with the label '{label}', guests of the layout {_map.Layout.Id} have no list of files: pass the "
                + $"address to the guest instead."));
        }

        int places = _map.Layout.FileMappingSlots;
        if (_memory.Regions.Count(region => region.Label is not null) >= places)
        {
            throw new HyperlightException(Rules.LayoutLacks.Found(
                $"'{path}' cannot be mapped, the guest's list has room for {places} files and is full: unmap another file, put several "
                + $"files into one, or use MapRegion, which lists no file."));
        }

        string listed = label ?? Path.GetFileName(path);
        int length = Encoding.UTF8.GetByteCount(listed);
        const int Longest = ProcessEnvironmentBlock.MaxLabelLength;
        return length is > 0 and <= Longest && !listed.Contains('\0') ? listed : throw new HyperlightException(Rules.LayoutLacks.Found(
            $"the label '{listed}' has {length} bytes of UTF-8, a label has 1 to {Longest} bytes and no zero byte: "
            + $"give MapFile another label."));
    }

    /// <summary>Maps memory. The region takes over the caller's use of the memory.</summary>
    private MappedRegion Add(string name, SharedMemory shared, GuestPhysicalAddress address, string? label)
    {
        try
        {
            if (RegionPlacement.Check(name, address, shared.Memory.Size, _map, _memory) is { } finding)
            {
                throw new HyperlightException(finding);
            }

            uint slot = MapSlot(name, address, shared.Memory, MemoryPermissions.Read | MemoryPermissions.Execute);
            MappedRegion region = new(name, address, shared, slot, label);
            _memory.Regions.Add(region);
            _current = null;
            return region;
        }
        catch
        {
            shared.Dispose();
            throw;
        }
    }

    private void Unmap(MappedRegion region)
    {
        _current = null;
        TakeAway(region);
        _memory.ListFiles();
    }

    private void TakeAway(MappedRegion region)
    {
        UnmapSlot(region.Slot);
        _memory.Regions.Remove(region);
        region.Shared.Dispose();
    }
}
