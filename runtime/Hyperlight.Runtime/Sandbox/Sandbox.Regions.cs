using Hyperlight.Memory;

namespace Hyperlight;

// Files and host memory that the guest sees beside its own memory (amd64 sheet, section 7.1).
public sealed partial class Sandbox
{
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
        return BetweenCalls(() => new RegionMapping(this, _machine.MapFile(path, address, label)));
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
        return BetweenCalls(() => new RegionMapping(this, _machine.MapRegion(region, address)));
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
        _machine.Unmap(address);
        return address;
    });

    /// <summary>Unmaps a region whose mapping was disposed. If the sandbox is in use at this moment, whoever uses the sandbox next unmaps the region.</summary>
    internal void Release(MappedRegion region)
    {
        _machine.Release(region);
        if (!_gate.TryEnter())
        {
            return;
        }

        try
        {
            if (State is SandboxState.Ready or SandboxState.Poisoned)
            {
                _machine.UnmapReleased();
            }
        }
        finally
        {
            Leave();
        }
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
}
