namespace Hyperlight.Generator;

/// <summary>A guest interface and its problems.</summary>
/// <param name="Interface">The interface; <c>null</c> if no part can be added to it.</param>
/// <param name="Problems">The problems.</param>
internal sealed record GuestInterfaceReading(GuestInterface? Interface, EquatableArray<Problem> Problems);
