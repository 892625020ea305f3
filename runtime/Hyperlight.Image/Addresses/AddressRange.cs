namespace Hyperlight.Addresses;

/// <summary>
/// A range of addresses of one kind, given by its first address and its size. A range may end with the last of all addresses.
/// </summary>
/// <typeparam name="T">The kind of address.</typeparam>
internal readonly record struct AddressRange<T>
    where T : struct, IGuestAddress<T>
{
    /// <summary>Creates a range.</summary>
    /// <param name="start">The first address.</param>
    /// <param name="size">The size in bytes. A range of 0 bytes contains and overlaps nothing.</param>
    /// <exception cref="OverflowException">The last address does not fit 64 bits.</exception>
    public AddressRange(T start, ulong size)
    {
        Start = start;
        Size = size;
        _ = size == 0 ? 0 : checked(start.Value + (size - 1));
    }

    /// <summary>Gets the first address.</summary>
    public T Start { get; }

    /// <summary>Gets the size in bytes.</summary>
    public ulong Size { get; }

    /// <summary>Checks whether an address is in the range.</summary>
    public bool Contains(T address) => unchecked(address.Value - Start.Value) < Size;

    /// <summary>Checks whether two ranges share an address.</summary>
    public bool Overlaps(AddressRange<T> other) => (other.Size > 0 && Contains(other.Start)) || (Size > 0 && other.Contains(Start));

    /// <summary>Gets the first and the last address as text: <c>0x1000-0x1FFF</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"0x{Start.Value:X}-0x{unchecked(Start.Value + Size - 1):X}");
}
