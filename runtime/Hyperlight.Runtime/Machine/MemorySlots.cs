namespace Hyperlight.Machine;

/// <summary>
/// The numbers by which a hypervisor knows the pieces of memory of one virtual machine. A number that has been returned is given out before a new one.
/// </summary>
/// <param name="count">How many numbers there are, from 0.</param>
internal sealed class MemorySlots(uint count)
{
    private readonly Stack<uint> _returned = [];
    private uint _next;

    /// <summary>Gets how many numbers are given out.</summary>
    public uint TakenCount => _next - (uint)_returned.Count;

    /// <summary>Takes a number that no other piece has.</summary>
    /// <returns>The number; <c>null</c> if all are given out.</returns>
    public uint? Take() => _returned.TryPop(out uint slot) ? slot : _next < count ? _next++ : null;

    /// <summary>Returns a number.</summary>
    public void Return(uint slot) => _returned.Push(slot);
}
