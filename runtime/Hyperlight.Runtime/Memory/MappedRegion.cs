namespace Hyperlight.Memory;

/// <summary>A file, or memory of the host, that a sandbox shows its guest beside the guest's own memory. The guest cannot write to it.</summary>
/// <param name="Name">What the host calls it.</param>
/// <param name="Gpa">Where the guest sees it.</param>
/// <param name="Shared">Its bytes; the sandbox is a user of them.</param>
/// <param name="Slot">The hypervisor's number for it.</param>
/// <param name="Label">What the guest finds it by in its PEB; null where that does not list it.</param>
internal sealed record MappedRegion(string Name, GuestPhysicalAddress Gpa, SharedMemory Shared, uint Slot, string? Label)
{
    /// <summary>Whether an address lies in it.</summary>
    public bool Covers(GuestPhysicalAddress address) => address.Value >= Gpa.Value && address.Value - Gpa.Value < Shared.Memory.Size;
}
