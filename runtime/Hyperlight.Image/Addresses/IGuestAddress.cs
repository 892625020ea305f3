namespace Hyperlight.Addresses;

/// <summary>An address of a guest, physical or virtual.</summary>
/// <typeparam name="TSelf">The kind of address.</typeparam>
internal interface IGuestAddress<TSelf> : IComparable<TSelf>
    where TSelf : struct, IGuestAddress<TSelf>
{
    /// <summary>Gets the address in bytes.</summary>
    ulong Value { get; }
}
