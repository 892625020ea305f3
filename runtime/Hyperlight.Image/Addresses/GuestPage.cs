namespace Hyperlight.Addresses;

/// <summary>Pages of guests. A page has the same size in every layout.</summary>
internal static class GuestPage
{
    /// <summary>The number of address bits inside a page.</summary>
    public const int Shift = 12;

    /// <summary>The size of a page in bytes.</summary>
    public const ulong Size = 1UL << Shift;

    /// <summary>Rounds an address or a size up to whole pages.</summary>
    /// <exception cref="OverflowException">The result does not fit 64 bits.</exception>
    public static ulong RoundUp(ulong value) => RoundDown(checked(value + (Size - 1)));

    /// <summary>Rounds an address or a size down to whole pages.</summary>
    public static ulong RoundDown(ulong value) => value & ~(Size - 1);

    /// <summary>Checks whether an address or a size is a multiple of the page size.</summary>
    public static bool IsAligned(ulong value) => (value & (Size - 1)) == 0;
}
