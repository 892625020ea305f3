using System.Collections.Immutable;
using Hyperlight.Hypervisors;
using Hyperlight.Memory;
using Hyperlight.Paging;
using Hyperlight.Snapshots;
using Hyperlight.Telemetry;

namespace Hyperlight;

// Snapshots (amd64 sheet, sections 6.3 to 6.5).
public sealed partial class Sandbox
{
    // ZF asks the guest to flush what its processor remembers of the page tables before it does anything else (amd64 sheet, section 4.3).
    private const ulong FlushFlags = CleanFlags | (1 << 6);

    private ulong _generation;

    // Where the guest comes from, which is where the snapshot that it was last set back to comes from.
    private GuestOrigin _origin;

    // The snapshot that the guest is at, null once it has run on. The sandbox is no user of it: its last user may have gone.
    private SnapshotContent? _current;

    // The last snapshot that was found to fit: nothing it is compared with ever changes.
    private SnapshotContent? _fitting;

    /// <summary>Takes a snapshot of the guest. Memory that the guest has not changed is not copied.</summary>
    /// <returns>
    /// The snapshot, the caller's own; dispose it. When the guest has not run since the last one was taken or restored, it is the same state and
    /// shares its memory.
    /// </returns>
    /// <exception cref="SnapshotFailedException">The guest has changed its page tables so that there can be none.</exception>
    /// <exception cref="SandboxPoisonedException">An earlier call did not run to its end.</exception>
    /// <exception cref="InvalidOperationException">A call is running.</exception>
    /// <exception cref="ObjectDisposedException">The sandbox is disposed.</exception>
    public Snapshot TakeSnapshot()
    {
        _gate.Enter(Timeout.InfiniteTimeSpan);
        try
        {
            ThrowIfUnusable();
            if (_current?.TryShare() != true)
            {
                _current = CaptureMeasured();
            }

            return new(_current);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>
    /// Sets the guest back to a snapshot: memory, page tables, registers. This heals a poisoned sandbox. It takes time for the memory that the
    /// guest has changed since, not for all that it has. Random numbers that the guest drew at its start are those of the snapshot again.
    /// </summary>
    /// <param name="snapshot">The snapshot, of this sandbox or of any with the same layout and sizes, and no host functions that this one lacks.</param>
    /// <exception cref="SnapshotMismatchException">The snapshot does not fit. The sandbox stays as it was.</exception>
    /// <exception cref="SandboxUnrecoverableException">The sandbox's memory could not be replaced, now or in an earlier restore.</exception>
    /// <exception cref="HypervisorException">The processor could not be set back. The sandbox is poisoned.</exception>
    /// <exception cref="InvalidOperationException">A call is running.</exception>
    /// <exception cref="ObjectDisposedException">The sandbox or the snapshot is disposed.</exception>
    public void Restore(Snapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        _gate.Enter(Timeout.InfiniteTimeSpan);
        Operation restore = Operation.Restore(_name);
        try
        {
            ThrowIfUnrecoverable();
            using SnapshotContent content = snapshot.Hold();
            CheckFits(content);
            _current = null;
            SettleProcessor();
            ReplaceMemory(content, content.Memory.ShareLayers(_memory.Layers, _memory.Host));
            Apply(content);
            _poison = null;
            restore.Succeed();
        }
        catch (Exception exception)
        {
            restore.Fail(exception);
            throw;
        }
        finally
        {
            Leave();
        }
    }

    private SnapshotContent CaptureMeasured()
    {
        Operation operation = Operation.Snapshot(_name);
        try
        {
            SnapshotContent snapshot = Capture();
            operation.Succeed();
            return snapshot;
        }
        catch (Exception exception)
        {
            operation.Fail(exception);
            throw;
        }
    }

    private SnapshotContent Capture()
    {
        ProcessorState processor = _machine.GetState();
        SnapshotMemory memory;
        if (_map.Layout.Paging == GuestPaging.None)
        {
            memory = IdentitySnapshotMemory.Take(_map, _memory);
        }
        else
        {
            PageTableFormat format = RequireLayoutsPaging(processor.Special);
            memory = Compaction.Run(_map, _memory, format, FindRoots(new(processor.Special.Cr3 & format.AddressMask)));
            processor = processor with { Special = processor.Special with { Cr3 = _map.PageTables.Gpa.Value } };
        }

        _generation++;
        return new(_origin, _generation, _map, memory, processor, _callRegisters with { Rflags = CleanFlags }, _signatures, _allowedMsrs);
    }

    private PageTableFormat RequireLayoutsPaging(in SpecialRegisters registers)
    {
        PageTableFormat wanted = PageTableFormat.Of(_map.Layout.Paging);
        return ProcessorPaging.Of(registers) is { } format && format.LastLevel == wanted.LastLevel ? format : throw new SnapshotFailedException(
            $"it has left {wanted.Shifts.Length}-level paging (CR0 0x{registers.Cr0:X}, CR4 0x{registers.Cr4:X}, EFER 0x{registers.Efer:X}), "
            + "which snapshots of such guests need.");
    }

    /// <summary>Where the guest's address spaces start, the current one first.</summary>
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
            throw new SnapshotFailedException($"PageTableRoots found {roots[0]} first, the guest is at {current}: the current root comes first.");
        }

        foreach (GuestPhysicalAddress root in roots)
        {
            if (root.Value % GuestLayout.PageSize != 0 || memory.RangeAt(root.Value) < 0)
            {
                throw new SnapshotFailedException($"PageTableRoots found {root}, which is no page of the guest's memory.");
            }
        }

        return roots;
    }

    private void CheckFits(SnapshotContent snapshot)
    {
        if (snapshot == _fitting)
        {
            return;
        }

        ImmutableArray<string> differences = SnapshotDifferences.Find(snapshot, _map, _signatures, _allowedMsrs);
        if (!differences.IsEmpty)
        {
            throw new SnapshotMismatchException(snapshot.GuestName, differences);
        }

        _fitting = snapshot;
    }

    private void SettleProcessor()
    {
        try
        {
            _machine.Settle();
        }
        catch (Exception exception)
        {
            _poison = ExceptionText.Of(exception);
            throw;
        }
    }

    private void ReplaceMemory(SnapshotContent snapshot, ImmutableArray<MemoryLayer> layers)
    {
        ImmutableArray<MemoryLayer> before = _memory.Replace(layers);
        try
        {
            // First: a snapshot's pages may lie where a region was mapped meanwhile.
            UnmapAll();
            if (layers != before)
            {
                UnmapLayers(before, except: layers);
                MapLayers(before);
            }

            _memory.Discard();
            Fill(snapshot);
        }
        catch (Exception exception)
        {
            _poison = ExceptionText.Of(exception);
            _isUnrecoverable = true;
            throw new SandboxUnrecoverableException(_name, _poison, exception);
        }
        finally
        {
            // Either the machine no longer maps them, or it never runs again.
            if (layers != before)
            {
                foreach (MemoryLayer layer in before.Except(layers))
                {
                    layer.Shared.Dispose();
                }
            }
        }
    }

    // What the host keeps for the guest is not the snapshot's: files that are mapped now, and the counter.
    private void Fill(SnapshotContent snapshot)
    {
        snapshot.Memory.Fill(_memory, snapshot.Generation);
        ResetBuffers();
        _memory.ListFiles();
        _settings.Counter?.Publish();
    }

    /// <summary>Sets the processor to a snapshot whose memory is in place.</summary>
    private void Apply(SnapshotContent snapshot)
    {
        _callRegisters = snapshot.CallRegisters with { Rflags = _map.Layout.Paging == GuestPaging.None ? CleanFlags : FlushFlags };
        try
        {
            _machine.SetState(snapshot.Processor);
            if (!snapshot.IsAccepted)
            {
                _machine.Commit();
                snapshot.IsAccepted = true;
            }

            _machine.SetRegisters(_callRegisters);
        }
        catch (Exception exception)
        {
            _poison = ExceptionText.Of(exception);
            throw;
        }

        _generation = snapshot.Generation;
        _origin = snapshot.Origin;
        _current = snapshot;
    }

    private void UnmapLayers(ImmutableArray<MemoryLayer> before, ImmutableArray<MemoryLayer> except)
    {
        for (int i = 0; i < before.Length; i++)
        {
            if (i >= except.Length || except[i] != before[i])
            {
                _machine.Unmap(LayerSlot(i));
            }
        }
    }

    /// <summary>Gives the machine the layers that it does not have yet.</summary>
    private void MapLayers(ImmutableArray<MemoryLayer> before)
    {
        for (int i = 0; i < _memory.Layers.Length; i++)
        {
            MemoryLayer layer = _memory.Layers[i];
            if (i >= before.Length || before[i] != layer)
            {
                _machine.Map(LayerSlot(i), layer.Gpa, layer.Shared.Memory, _map.Layout.SnapshotPermissions);
            }
        }
    }

    // The image, scratch, then what snapshots add.
    private static uint LayerSlot(int layer) => layer == 0 ? 0 : (uint)layer + 1;

    private void ThrowIfUnusable()
    {
        ThrowIfUnrecoverable();
        if (_poison is { } reason)
        {
            throw new SandboxPoisonedException(_name, reason);
        }

        UnmapReleased();
    }

    private void ThrowIfUnrecoverable()
    {
        if (_isUnrecoverable)
        {
            throw new SandboxUnrecoverableException(_name, _poison ?? "unknown");
        }
    }

    private void Leave()
    {
        if (_gate.Leave())
        {
            Free();
        }
    }
}
