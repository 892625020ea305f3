namespace Hyperlight.Memory;

/// <summary>A piece of the memory below scratch: the image, or what a snapshot adds to it. Layers lie one behind the other.</summary>
/// <param name="Gpa">Where the guest sees it.</param>
/// <param name="Shared">Its bytes; whoever has a layer is a user of them.</param>
internal sealed record MemoryLayer(GuestPhysicalAddress Gpa, SharedMemory Shared)
{
    /// <summary>The first byte behind it.</summary>
    public GuestPhysicalAddress End => Gpa + Shared.Memory.Size;
}
