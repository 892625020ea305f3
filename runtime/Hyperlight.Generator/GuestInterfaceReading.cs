namespace Hyperlight.Generator;

/// <summary>What was read from a guest interface.</summary>
/// <param name="Interface">The interface, null when nothing can be added to it.</param>
/// <param name="Problems">What is wrong with it.</param>
internal sealed record GuestInterfaceReading(GuestInterface? Interface, EquatableArray<Problem> Problems);
