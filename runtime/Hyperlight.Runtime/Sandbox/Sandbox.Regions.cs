using System.Text;
using Hyperlight.Layouts;
using Hyperlight.Machine;
using Hyperlight.Memory;

namespace Hyperlight;

// Files and host memory that the guest sees beside its own memory (amd64 sheet, section 7.1).
public sealed partial class Sandbox
{
    private readonly RegionSlots _regionSlots;

    // Whether a mapping was disposed since the sandbox last looked.
    private volatile bool _hasReleased;

    /// <summary>
    /// Shows the guest a file, read-only, until it is unmapped or a snapshot is restored. The guest reaches it by mapping its physical address, by
    /// way of copies it may change it for itself: the file stays as it is. Nothing is read before the guest does. Whoever changes the file
    /// meanwhile may change what the guest sees; when it becomes shorter, a guest that reads what is gone crashes, and the host does not. A file whose content another
    /// machine or program answers for (NFS, SMB, FUSE and the like) is read at once and copied into memory instead, because nothing could stop a guest that waits for it.
    /// </summary>
    /// <param name="path">The file, of at least one byte.</param>
    /// <param name="address">The guest-physical address of its first byte, a multiple of 4096 that leaves all else in the guest's memory free.</param>
    /// <param name="label">
    /// What the guest finds the file by in its PEB, 1 to 63 bytes of UTF-8; null for the file's name. Only where <see cref="GuestLayout.ListsFileMappings"/>,
    /// for 32 files at most; other layouts take none.
    /// </param>
    /// <returns>The mapping. Disposing the mapping unmaps the file; a mapping that is kept until the sandbox is disposed need not be disposed.</returns>
    /// <exception cref="ArgumentException">The path is empty or has a character that no path has.</exception>
    /// <exception cref="HyperlightException">
    /// HL2013: the file or address cannot be used. HL2004, HL2005, HL2009: the addresses are taken, or there are none. HL2016: the label cannot be listed.
    /// </exception>
    /// <exception cref="SandboxPoisonedException">An earlier call did not run to its end.</exception>
    /// <exception cref="SandboxUnrecoverableException">A restore failed halfway.</exception>
    /// <exception cref="InvalidOperationException">A call is running.</exception>
    /// <exception cref="ObjectDisposedException">The sandbox is disposed.</exception>
    public RegionMapping MapFile(string path, GuestPhysicalAddress address, string? label = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return BetweenCalls(() =>
        {
            string? listed = CheckLabel(path, label);
            MappedRegion region = Map(path, RegularFile.Map(path, _memory.Host), address, listed);
            _memory.ListFiles();
            return new RegionMapping(this, region);
        });
    }

    /// <summary>Shows the guest a region, read-only, until it is unmapped or a snapshot is restored. The guest reaches it by mapping its physical address.</summary>
    /// <param name="region">The region, which stays the caller's. The caller may dispose the region afterwards: the sandbox keeps the memory while it is mapped.</param>
    /// <param name="address">The guest-physical address of its first byte, a multiple of 4096 that leaves all else in the guest's memory free.</param>
    /// <returns>The mapping. Disposing the mapping unmaps the region; a mapping that is kept until the sandbox is disposed need not be disposed.</returns>
    /// <exception cref="HyperlightException">HL2013: the address cannot be used. HL2004, HL2005, HL2009: the addresses are taken, or there are none.</exception>
    /// <exception cref="SandboxPoisonedException">An earlier call did not run to its end.</exception>
    /// <exception cref="SandboxUnrecoverableException">A restore failed halfway.</exception>
    /// <exception cref="InvalidOperationException">A call is running.</exception>
    /// <exception cref="ObjectDisposedException">The sandbox or the region is disposed.</exception>
    public RegionMapping MapRegion(SharedRegion region, GuestPhysicalAddress address)
    {
        ArgumentNullException.ThrowIfNull(region);
        return BetweenCalls(() => new RegionMapping(this, Map(region.Name, region.Hold(), address, label: null)));
    }

    /// <summary>Takes a file or region away from the guest.</summary>
    /// <param name="address">Where it was mapped.</param>
    /// <exception cref="HyperlightException">HL2013: nothing was.</exception>
    /// <exception cref="SandboxPoisonedException">An earlier call did not run to its end.</exception>
    /// <exception cref="SandboxUnrecoverableException">A restore failed halfway.</exception>
    /// <exception cref="InvalidOperationException">A call is running.</exception>
    /// <exception cref="ObjectDisposedException">The sandbox is disposed.</exception>
    public void Unmap(GuestPhysicalAddress address) => BetweenCalls(() =>
    {
        MappedRegion region = _memory.Regions.Find(region => region.Gpa == address)
            ?? throw new HyperlightException(Rules.NotMappable.Found($"nothing is mapped at {address}: use the address that was given to MapFile or MapRegion."));
        UnmapOne(region);
        return region;
    });

    /// <summary>Unmaps a region whose mapping was disposed, or leaves that to whoever uses the sandbox next where it is in use at this moment.</summary>
    internal void Release(MappedRegion region)
    {
        region.Release();
        _hasReleased = true;
        if (!_gate.TryEnter())
        {
            return;
        }

        try
        {
            UnmapReleased();
        }
        finally
        {
            Leave();
        }
    }

    // For whoever is inside the gate, before the guest runs or its memory is looked at.
    private void UnmapReleased()
    {
        if (!_hasReleased || _isUnrecoverable)
        {
            return;
        }

        _hasReleased = false;
        foreach (MappedRegion region in _memory.Regions.FindAll(region => region.IsReleased))
        {
            UnmapOne(region);
        }
    }

    private void UnmapOne(MappedRegion region)
    {
        _current = null;
        Unmap(region);
        _memory.ListFiles();
    }

    private string? CheckLabel(string path, string? label)
    {
        if (!_map.Layout.ListsFileMappings)
        {
            return label is null ? null : throw new HyperlightException(Rules.LayoutLacks.Found(
                $"'{path}' is to be mapped with the label '{label}', guests of the layout {_map.Layout.Id} have no list of files: pass the address to the guest instead."));
        }

        int slots = _map.Layout.FileMappingSlots;
        if (_memory.Regions.Count(region => region.Label is not null) >= slots)
        {
            throw new HyperlightException(Rules.LayoutLacks.Found(
                $"'{path}' would be one file too many, the guest's list has room for {slots}: unmap another one, put several into one, or use MapRegion, which lists nothing."));
        }

        string listed = label ?? Path.GetFileName(path);
        int length = Encoding.UTF8.GetByteCount(listed);
        return length is > 0 and <= ProcessEnvironmentBlock.MaxLabelLength && !listed.Contains('\0') ? listed : throw new HyperlightException(Rules.LayoutLacks.Found(
            $"the label '{listed}' has {length} bytes of UTF-8, the guest's list has room for 1 to {ProcessEnvironmentBlock.MaxLabelLength} and none of them zero: "
            + "give MapFile another label."));
    }

    private T BetweenCalls<T>(Func<T> action)
    {
        _gate.Enter(Timeout.InfiniteTimeSpan);
        try
        {
            ThrowIfUnusable();
            return action();
        }
        finally
        {
            Leave();
        }
    }

    // Takes over the memory.
    private MappedRegion Map(string name, SharedMemory shared, GuestPhysicalAddress address, string? label)
    {
        try
        {
            if (RegionPlacement.Check(name, address, shared.Memory.Size, _map, _memory) is { } finding)
            {
                throw new HyperlightException(finding);
            }

            MappedRegion region = new(name, address, shared, MapInto(FreeSlot(name), address, shared), label);
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

    private uint FreeSlot(string name) => _regionSlots.Take() ?? throw new HyperlightException(Rules.NotMappable.Found(
        $"'{name}' would be one region too many, KVM takes {_regionSlots.Count} of a sandbox: unmap another one, or put several into one file."));

    private uint MapInto(uint slot, GuestPhysicalAddress address, SharedMemory shared)
    {
        try
        {
            _machine.Map(slot, address, shared.Memory, MemoryPermissions.Read | MemoryPermissions.Execute);
            return slot;
        }
        catch
        {
            _regionSlots.Return(slot);
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

    private void Unmap(MappedRegion region)
    {
        _machine.Unmap(region.Slot);
        _memory.Regions.Remove(region);
        _regionSlots.Return(region.Slot);
        region.Shared.Dispose();
    }

    private void UnmapAll()
    {
        while (_memory.Regions is [.., MappedRegion last])
        {
            Unmap(last);
        }
    }
}
