namespace Hyperlight.CSharpGuest.Tests.OtherVersions;

/// <summary>An interface of the guest Basics as another version of it would be.</summary>
[GuestInterface]
internal partial interface IValues
{
    /// <summary>Is missing in the guest.</summary>
    void Gone();

    /// <summary>Has int in the guest.</summary>
    long Add(long a, long b);

    /// <summary>Has a parameter more in the guest.</summary>
    long AddLong(long a);

    /// <summary>Returns a text in the guest.</summary>
    int Greet(string name);

    /// <summary>Returns the line with three members in the guest.</summary>
    Line Echo(Line value);

    /// <summary>Takes and returns bytes in the guest.</summary>
    Line[] Reverse(Line[] lines);

    /// <summary>Takes a line in the guest.</summary>
    int EchoOrNull(int line);
}

/// <summary>An interface of the host as another version of it would be.</summary>
[HostInterface]
internal interface IMarket
{
    /// <summary>Returns the line with three members in the guest.</summary>
    ValueTask<Line?> AlternativeAsync(Line line);

    /// <summary>Returns a text in the guest.</summary>
    int Name(int number);
}

/// <summary>A line with a member more than that of the guest.</summary>
internal sealed record Line(string Product, int Count, decimal? Price, string Note);

/// <summary>Implements the other version.</summary>
internal sealed class OtherMarket : IMarket
{
    public ValueTask<Line?> AlternativeAsync(Line line) => new(line);

    public int Name(int number) => number;
}
