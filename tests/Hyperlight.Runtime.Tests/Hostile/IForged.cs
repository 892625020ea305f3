namespace Hyperlight.Runtime.Tests.Hostile;

/// <summary>Functions whose results a hostile guest forges.</summary>
[GuestInterface]
public partial interface IForged
{
    ForgedOrder Ask(string question);

    Task<ForgedOrder> AskAsync(string question);
}

/// <summary>A function that a hostile guest calls with forged arguments.</summary>
[HostInterface]
public interface IForgedHost
{
    Task<ForgedOrder> TakeAsync(ForgedOrder order);
}

public enum ForgedSize : byte
{
    Small = 1,
}

/// <summary>A large struct that takes one byte when it is absent.</summary>
public readonly record struct ForgedPlace(decimal X, decimal Y, Guid Where);

/// <summary>Has a value of each kind of the binary form. The number must not be negative.</summary>
public sealed record ForgedOrder(
    string Name,
    int Number,
    decimal Price,
    DateTime Time,
    ForgedSize Size,
    ForgedPlace?[] Places,
    List<List<char>> Letters,
    Dictionary<string, bool> Flags)
{
    public int Number { get; } = Number >= 0 ? Number : throw new ArgumentOutOfRangeException(nameof(Number), $"{Name}: {Number}");
}
