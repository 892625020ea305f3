namespace Hyperlight.Layouts;

/// <summary>A file that a guest finds in its PEB.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="Size">Its bytes, rounded up to whole pages.</param>
/// <param name="Label">What the guest looks for.</param>
internal sealed record FileMapping(GuestPhysicalAddress Address, ulong Size, string Label);
