using Hyperlight.Memory;

namespace Hyperlight;

// Files and host memory that the guest sees besides its own memory (amd64 sheet, section 7.1).
public sealed partial class Sandbox
{
    /// <summary>
    /// Maps a file into the guest's memory, read-only. The mapping lasts until it is disposed, a snapshot is restored, or the sandbox is
    /// disposed. The guest reads the file at its physical address; a guest with page tables maps the address first.
    /// </summary>
    /// <remarks>
    /// The file never changes; a guest that writes to a copy of a page changes only its own copy. The host reads the file when the guest
    /// does. A program that changes the file can change what the guest sees. If the file becomes shorter, a guest that reads the missing
    /// part crashes, and the host does not. A file on a network or in user space (NFS, SMB, FUSE) is copied into memory at once, because
    /// nothing could stop a guest that waits for such a file.
    /// </remarks>
    /// <param name="path">The path of a file of at least one byte.</param>
    /// <param name="address">
    /// The guest-physical address of the first byte: a multiple of 4096, where the whole file fits between the other parts of the guest's
    /// memory.
    /// </param>
    /// <param name="label">
    /// The label under which the guest's PEB lists the file, 1 to 63 bytes of UTF-8, or <c>null</c> for the name of the file. Must be
    /// <c>null</c> unless <see cref="GuestLayout.ListsFileMappings"/> is <c>true</c>. The list has room for 32 files.
    /// </param>
    /// <returns>The mapping, which unmaps the file when it is disposed. The disposal of the sandbox ends the mapping too.</returns>
    /// <exception cref="ArgumentException">The path is empty or has a character that is not allowed in paths.</exception>
    /// <exception cref="HyperlightException">
    /// HL2013: the file or the address cannot be used. HL2004, HL2005, HL2009: the addresses are in use or outside of the layout. HL2016:
    /// the label cannot be listed.
    /// </exception>
    /// <exception cref="HypervisorException">HL5004: the hypervisor refused.</exception>
    /// <exception cref="SandboxPoisonedException">An earlier call did not run to its end.</exception>
    /// <exception cref="SandboxUnrecoverableException">A restore failed halfway.</exception>
    /// <exception cref="InvalidOperationException">A call is running.</exception>
    /// <exception cref="ObjectDisposedException">The sandbox is disposed.</exception>
    public RegionMapping MapFile(string path, GuestPhysicalAddress address, string? label = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return BetweenCalls(() => new RegionMapping(this, _machine.MapFile(path, address, label)));
    }

    /// <summary>
    /// Maps a region of host memory into the guest's memory, read-only. The mapping lasts until it is disposed, a snapshot is restored, or
    /// the sandbox is disposed. The guest reads the region at its physical address; a guest with page tables maps the address first.
    /// </summary>
    /// <param name="region">
    /// The region, which the caller disposes. The caller may do so while the region is mapped: the memory lasts as long as the mapping.
    /// </param>
    /// <param name="address">
    /// The guest-physical address of the first byte: a multiple of 4096, where the whole region fits between the other parts of the guest's
    /// memory.
    /// </param>
    /// <returns>The mapping, which unmaps the region when it is disposed. The disposal of the sandbox ends the mapping too.</returns>
    /// <exception cref="HyperlightException">
    /// HL2013: the address cannot be used. HL2004, HL2005, HL2009: the addresses are in use or outside of the layout.
    /// </exception>
    /// <exception cref="HypervisorException">HL5004: the hypervisor refused.</exception>
    /// <exception cref="SandboxPoisonedException">An earlier call did not run to its end.</exception>
    /// <exception cref="SandboxUnrecoverableException">A restore failed halfway.</exception>
    /// <exception cref="InvalidOperationException">A call is running.</exception>
    /// <exception cref="ObjectDisposedException">The sandbox or the region is disposed.</exception>
    public RegionMapping MapRegion(SharedRegion region, GuestPhysicalAddress address)
    {
        ArgumentNullException.ThrowIfNull(region);
        return BetweenCalls(() => new RegionMapping(this, _machine.MapRegion(region, address)));
    }

    /// <summary>
    /// Unmaps a file or region by its address, even if the options have mapped it. Disposing the <see cref="RegionMapping"/> unmaps the
    /// file or region too.
    /// </summary>
    /// <param name="address">The guest-physical address at which the file or region was mapped.</param>
    /// <exception cref="HyperlightException">HL2013: nothing is mapped at the address.</exception>
    /// <exception cref="HypervisorException">HL5004: the hypervisor refused.</exception>
    /// <exception cref="SandboxPoisonedException">An earlier call did not run to its end.</exception>
    /// <exception cref="SandboxUnrecoverableException">A restore failed halfway.</exception>
    /// <exception cref="InvalidOperationException">A call is running.</exception>
    /// <exception cref="ObjectDisposedException">The sandbox is disposed.</exception>
    public void Unmap(GuestPhysicalAddress address) => BetweenCalls(() =>
    {
        _machine.Unmap(address);
        return address;
    });

    /// <summary>
    /// Unmaps a region whose mapping was disposed. If the sandbox is in use at this moment, its next user unmaps the region.
    /// </summary>
    internal void Release(MappedRegion region)
    {
        _machine.Release(region);
        try
        {
            _gate.UnmapReleased();
        }
        catch (HypervisorException)
        {
            // The next user of the sandbox tries again, and gets the failure.
        }
    }

    /// <summary>Runs an action on the guest while no call is running and no call can begin.</summary>
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
