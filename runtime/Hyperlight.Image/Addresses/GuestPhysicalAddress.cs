using System.Globalization;
using Hyperlight.Addresses;

namespace Hyperlight;

/// <summary>An address in the guest's physical address space (GPA), in bytes.</summary>
/// <param name="Value">The address in bytes.</param>
public readonly record struct GuestPhysicalAddress(ulong Value) : IGuestAddress<GuestPhysicalAddress>
{
    /// <summary>Gets whether a page starts at the address.</summary>
    internal bool IsPageAligned => GuestPage.IsAligned(Value);

    /// <summary>Gets the start of the page that contains the address.</summary>
    internal GuestPhysicalAddress RoundDownToPage() => new(GuestPage.RoundDown(Value));

    /// <summary>Adds an offset to an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="offset">The offset in bytes.</param>
    /// <exception cref="OverflowException">The result does not fit 64 bits.</exception>
    public static GuestPhysicalAddress operator +(GuestPhysicalAddress address, ulong offset) => new(checked(address.Value + offset));

    /// <summary>Subtracts an offset from an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="offset">The offset in bytes.</param>
    /// <exception cref="OverflowException">The offset is greater than the address.</exception>
    public static GuestPhysicalAddress operator -(GuestPhysicalAddress address, ulong offset) => new(checked(address.Value - offset));

    /// <summary>Gets the distance from one address up to another, in bytes.</summary>
    /// <param name="end">The higher address.</param>
    /// <param name="start">The lower address.</param>
    /// <exception cref="OverflowException"><paramref name="end"/> is below <paramref name="start"/>.</exception>
    public static ulong operator -(GuestPhysicalAddress end, GuestPhysicalAddress start) => checked(end.Value - start.Value);

    /// <summary>Checks whether the left address is below the right one.</summary>
    public static bool operator <(GuestPhysicalAddress left, GuestPhysicalAddress right) => left.Value < right.Value;

    /// <summary>Checks whether the left address is above the right one.</summary>
    public static bool operator >(GuestPhysicalAddress left, GuestPhysicalAddress right) => left.Value > right.Value;

    /// <summary>Checks whether the left address is not above the right one.</summary>
    public static bool operator <=(GuestPhysicalAddress left, GuestPhysicalAddress right) => left.Value <= right.Value;

    /// <summary>Checks whether the left address is not below the right one.</summary>
    public static bool operator >=(GuestPhysicalAddress left, GuestPhysicalAddress right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public int CompareTo(GuestPhysicalAddress other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => "0x" + Value.ToString("X", CultureInfo.InvariantCulture);
}
