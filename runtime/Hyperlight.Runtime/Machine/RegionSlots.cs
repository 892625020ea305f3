namespace Hyperlight.Machine;

/// <summary>The hypervisor's numbers for the regions of one sandbox. A number that is free again is used before a new one.</summary>
/// <param name="end">The first number that the hypervisor does not take.</param>
internal sealed class RegionSlots(uint end)
{
    // Behind those of image, scratch and the layers of snapshots.
    private const uint First = 16;

    private readonly Stack<uint> _free = [];
    private uint _next = First;

    /// <summary>How many regions there can be at once.</summary>
    public uint Count => end - First;

    /// <summary>A number that no region has, null when there is none.</summary>
    public uint? Take() => _free.TryPop(out uint slot) ? slot : _next < end ? _next++ : null;

    /// <summary>Gives a number back.</summary>
    public void Return(uint slot) => _free.Push(slot);
}
