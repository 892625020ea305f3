namespace Hyperlight.Linking;

/// <summary>Rounds addresses and sizes.</summary>
internal static class Round
{
    /// <summary>Gets the smallest multiple of an alignment that is not less than a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="alignment">The alignment, a power of two.</param>
    /// <exception cref="OverflowException">There is no such multiple in 64 bits.</exception>
    public static ulong Up(ulong value, ulong alignment) => checked(value + (alignment - 1)) & ~(alignment - 1);
}
