using System.Collections.Immutable;
using Hyperlight.Hypervisors;
using Hyperlight.Memory;
using Hyperlight.Paging;
using Hyperlight.Snapshots;

namespace Hyperlight.Machine;

// Snapshots (amd64 sheet, sections 6.3 to 6.5).
internal sealed partial class GuestMachine
{
    // The count of the snapshots that the guest has been through.
    private ulong _generation;

    // The origin of the snapshot that was last restored, or of the image if no snapshot was restored.
    private GuestOrigin _origin;

    // The snapshot whose state the guest has; null when the guest has run since. The machine does not count as a user of the snapshot,
    // which may have been freed.
    private SnapshotContent? _current;

    // The last snapshot that was found to fit. The snapshot will always fit, because neither the snapshot nor the properties of the machine
    // with which it is compared change.
    private SnapshotContent? _fitting;

    /// <summary>Gets the snapshot whose state the guest has. The caller becomes a user of the snapshot.</summary>
    /// <returns>
    /// The snapshot, or <c>null</c> if the guest has run since a snapshot was taken or restored, or if the snapshot is freed.
    /// </returns>
    public SnapshotContent? ShareCurrent() => _current?.TryShare() == true ? _current : null;

    /// <summary>Takes a snapshot of the guest. Memory that the guest has not changed is not copied.</summary>
    /// <param name="cancellationToken">Stops the work and leaves the machine as it was.</param>
    /// <returns>The snapshot, whose first user is the caller.</returns>
    /// <exception cref="SnapshotFailedException">The guest has page tables of which no snapshot can be taken.</exception>
    public SnapshotContent Capture(CancellationToken cancellationToken)
    {
        ProcessorState processor = _virtual.GetState();
        SnapshotMemory memory;
        if (_map.Layout.Paging == GuestPaging.None)
        {
            memory = IdentitySnapshotMemory.Take(_map, _memory, cancellationToken);
        }
        else
        {
            PageTableFormat format = RequireLayoutsPaging(processor.Special);
            IReadOnlyList<GuestPhysicalAddress> roots = FindRoots(new(processor.Special.Cr3 & format.AddressMask));
            memory = Compaction.Run(_map, _memory, format, roots, cancellationToken);
            processor = processor with { Special = processor.Special with { Cr3 = _map.PageTables.Gpa.Value } };
        }

        _generation++;
        GeneralRegisters registers = _callRegisters with { Rflags = CleanFlags };
        return _current = new(_origin, _generation, _map, memory, processor, registers, _hostFunctions.ToRecord(), _settings.AllowedMsrs);
    }

    /// <summary>
    /// Sets the guest back to a snapshot, in these steps:
    /// <code>
    ///   step                                                            done by            a failure leaves the sandbox
    ///   1 compare   the snapshot with map, host functions, registers                       as it was
    ///   2 settle    the processor finishes its last exit                IVirtualMachine    poisoned
    ///   3 share     the layers of the snapshot, its template            SnapshotMemory     as it was
    ///   4 unmap     regions, and layers that the snapshot lacks         IVirtualMachine    ┐
    ///   5 map       layers of the snapshot that are not mapped          IVirtualMachine    │ unrecoverable
    ///   6 reset     what the guest wrote to layers and scratch          GuestMemory        │
    ///   7 fill      pages that neither layers nor template have         SnapshotMemory     ┘
    ///   8 set       registers                                           IVirtualMachine    poisoned
    /// </code>
    /// </summary>
    /// <returns>The state in which the restore leaves the sandbox. No failure is thrown.</returns>
    public RestoreOutcome Restore(SnapshotContent snapshot)
    {
        SandboxState? left = null;
        try
        {
            RequireFit(snapshot);
            _current = null;
            left = SandboxState.Poisoned;
            _virtual.Settle();
            left = null;
            using MemoryTemplate scratch = snapshot.Memory.ShareScratch(
                snapshot.Map, snapshot.Generation, _memory.Host, _memory.Scratch.Template);
            ImmutableArray<MemoryLayer> layers = snapshot.Memory.ShareLayers(_memory.Layers, _memory.Host);
            left = SandboxState.Unrecoverable;
            ReplaceMemory(layers, scratch);
            Fill(snapshot);
            left = SandboxState.Poisoned;
            SetProcessor(snapshot);
            return new(SandboxState.Ready, Failure: null);
        }
#pragma warning disable CA1031 // The failure is a value, which the sandbox throws.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return new(left, failure);
        }
    }

    /// <summary>Gives a new machine the state of a snapshot, whose layers and template the machine has from its creation.</summary>
    /// <exception cref="SnapshotMismatchException">The sandbox lacks host functions or registers of the snapshot.</exception>
    public void Load(SnapshotContent snapshot)
    {
        RequireFit(snapshot);
        Fill(snapshot);
        SetProcessor(snapshot);
        MapDeclared();
    }

    private PageTableFormat RequireLayoutsPaging(in SpecialRegisters registers)
    {
        PageTableFormat wanted = PageTableFormat.Of(_map.Layout.Paging);
        return ProcessorPaging.Of(registers) is { } format && format.LastLevel == wanted.LastLevel
            ? format
            : throw new SnapshotFailedException(
                $"it has left {wanted.Shifts.Length}-level paging (CR0 0x{registers.Cr0:X}, CR4 0x{registers.Cr4:X}, EFER "
                + $"0x{registers.Efer:X}), which snapshots of such guests need.");
    }

    /// <summary>Finds the page-table roots of the guest's address spaces, the current root first.</summary>
    private IReadOnlyList<GuestPhysicalAddress> FindRoots(GuestPhysicalAddress current)
    {
        PhysicalMemory memory = _memory.ToPhysical();
        IReadOnlyList<GuestPhysicalAddress> roots = _settings.PageTableRoots?.Invoke(current, new(memory)) ?? [];
        if (roots.Count == 0)
        {
            return [current];
        }

        if (roots[0] != current)
        {
            throw new SnapshotFailedException(
                $"PageTableRoots found {roots[0]} first, the guest is at {current}: the current root comes first.");
        }

        foreach (GuestPhysicalAddress root in roots)
        {
            if (!root.IsPageAligned || !memory.Contains(root))
            {
                throw new SnapshotFailedException($"PageTableRoots found {root}, which is not a page of the guest's memory.");
            }
        }

        return roots;
    }

    private void RequireFit(SnapshotContent snapshot)
    {
        if (snapshot == _fitting)
        {
            return;
        }

        ImmutableArray<string> differences = SnapshotDifferences.Find(
            snapshot, _map, _hostFunctions.SignatureOf, _settings.AllowedMsrs, _settings.Hypervisor.Name);
        if (!differences.IsEmpty)
        {
            throw new SnapshotMismatchException(snapshot.GuestName, differences);
        }

        _fitting = snapshot;
    }

    private void ReplaceMemory(ImmutableArray<MemoryLayer> layers, MemoryTemplate scratch)
    {
        ImmutableArray<MemoryLayer> before = _memory.Replace(layers);
        try
        {
            // Regions go first: pages of the snapshot may lie where a region is.
            while (_memory.Regions is [.., MappedRegion last])
            {
                TakeAway(last);
            }

            if (layers != before)
            {
                int same = before.Zip(layers).TakeWhile(pair => pair.First == pair.Second).Count();
                UnmapLayers(from: same);
                MapLayers(from: same);
            }

            _memory.Reset(scratch);
        }
        finally
        {
            // After a failure the guest never runs again: layers that may still be mapped can be freed.
            if (layers != before)
            {
                foreach (MemoryLayer layer in before.Except(layers))
                {
                    layer.Shared.Dispose();
                }
            }
        }
    }

    private void MapLayers(int from)
    {
        foreach (MemoryLayer layer in _memory.Layers[from..])
        {
            _layerSlots.Add(MapSlot("memory of a snapshot", layer.Gpa, layer.Shared.Memory, _map.Layout.SnapshotPermissions));
        }
    }

    private void UnmapLayers(int from)
    {
        while (_layerSlots.Count > from)
        {
            UnmapSlot(_layerSlots[^1]);
            _layerSlots.RemoveAt(_layerSlots.Count - 1);
        }
    }

    /// <summary>
    /// Writes the parts of a snapshot that are neither in its layers nor in its template, and then the data that the host keeps up to date
    /// for the guest: the word that asks for random numbers, the list of files, and the counter.
    /// </summary>
    private void Fill(SnapshotContent snapshot)
    {
        snapshot.Memory.Fill(_memory);
        ResetBuffers();
        _memory.RequestReseed();
        _memory.ListFiles();
        _settings.Counter?.Publish();
    }

    /// <summary>Gives the processor the registers of a snapshot, whose memory is in place.</summary>
    private void SetProcessor(SnapshotContent snapshot)
    {
        _callRegisters = snapshot.CallRegisters with { Rflags = _map.Layout.Paging == GuestPaging.None ? CleanFlags : FlushFlags };
        _virtual.SetState(snapshot.Processor);
        if (snapshot.AcceptedBy != _settings.Hypervisor.Name)
        {
            _virtual.Commit();
            snapshot.AcceptedBy = _settings.Hypervisor.Name;
        }

        _virtual.SetRegisters(_callRegisters);
        _generation = snapshot.Generation;
        _origin = snapshot.Origin;
        _current = snapshot;
    }
}
