namespace Hyperlight;

/// <summary>The instruction at which a guest stopped.</summary>
/// <param name="Address">The content of the instruction pointer.</param>
/// <param name="Location">The place in the source; <c>null</c> if the place is not known.</param>
internal readonly record struct GuestPlace(ulong Address, GuestLocation? Location)
{
    /// <summary>Gets the text <c>add (hello.c:34), RIP 0x1234</c>, or <c>RIP 0x1234</c> alone.</summary>
    public override string ToString() => Location is null ? $"RIP 0x{Address:X}" : $"{Location}, RIP 0x{Address:X}";
}
