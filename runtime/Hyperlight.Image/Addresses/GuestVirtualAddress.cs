using System.Globalization;

namespace Hyperlight;

/// <summary>An address in the guest's virtual address space (GVA), in bytes.</summary>
/// <param name="Value">The address in bytes.</param>
internal readonly record struct GuestVirtualAddress(ulong Value)
{
    /// <summary>The address <paramref name="offset"/> bytes further up.</summary>
    /// <exception cref="OverflowException">The result does not fit 64 bits.</exception>
    public static GuestVirtualAddress operator +(GuestVirtualAddress address, ulong offset) => new(checked(address.Value + offset));

    /// <inheritdoc/>
    public override string ToString() => "0x" + Value.ToString("X", CultureInfo.InvariantCulture);
}
