namespace Hyperlight.Machine;

/// <summary>
/// The numbers by which a hypervisor knows the pieces of memory of one virtual machine. A number that was returned is given out before a
/// new number.
/// </summary>
/// <param name="count">The count of the numbers, which begin at 0.</param>
internal sealed class MemorySlots(uint count)
{
    private readonly Stack<uint> _returned = [];
    private uint _next;

    /// <summary>Gets the count of the numbers that are in use.</summary>
    public uint TakenCount => _next - (uint)_returned.Count;

    /// <summary>Takes a number that is not in use.</summary>
    /// <returns>The number, or <c>null</c> if all numbers are in use.</returns>
    public uint? Take() => _returned.TryPop(out uint slot) ? slot : _next < count ? _next++ : null;

    /// <summary>Returns a number.</summary>
    public void Return(uint slot) => _returned.Push(slot);
}
