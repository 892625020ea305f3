namespace Basics;

/// <summary>Functions with types that only a guest in C# has. Tests compile the interface as well.</summary>
[GuestInterface]
public partial interface IValues
{
    /// <summary>Returns what it gets.</summary>
    Everything Echo(Everything value);

    /// <summary>Returns what it gets, which may be <c>null</c>.</summary>
    Line? EchoOrNull(Line? line);

    /// <summary>Adds up lines in a currency, and asks the host for its rate once for each line.</summary>
    Task<decimal> TotalAsync(Line[] lines, string currency);

    /// <summary>Finds a line and asks the host for another one. Both may be <c>null</c>.</summary>
    ValueTask<Line?> FindAsync(Line?[] lines, string product);

    /// <summary>Gets the number of characters of texts.</summary>
    int Length(string[] texts);

    /// <summary>Creates lines.</summary>
    Line[] Create(int count);

    /// <summary>Passes so many lines on to the host.</summary>
    ValueTask<int> PassAsync(int count);

    /// <summary>Returns a task that never ends.</summary>
    Task NeverAsync();

    /// <summary>Waits until the call is stopped.</summary>
    Task<string> WaitAsync(TimeSpan time, CancellationToken cancellationToken);

    /// <summary>Lets the host wait until the call is stopped.</summary>
    Task WaitForHostAsync(CancellationToken cancellationToken);

    /// <summary>Fails in one of several ways.</summary>
    Task<Line> FailAsync(string way);

    /// <summary>Calls a function of the host, which may fail, and gets the text of the failure.</summary>
    string Caught(string way);

    /// <summary>Writes a record of each level to the guest's log, and gets the levels that the host wants.</summary>
    string Log(string text);
}

/// <summary>Functions of the host for <see cref="IValues"/>.</summary>
[HostInterface]
public interface IMarket
{
    /// <summary>Gets a rate.</summary>
    Task<decimal> RateAsync(string currency, CancellationToken cancellationToken = default);

    /// <summary>Gets another line; <c>null</c> if there is none.</summary>
    ValueTask<Line?> AlternativeAsync(Line line);

    /// <summary>Counts lines.</summary>
    int Count(Line[] lines);

    /// <summary>Fails.</summary>
    void Refuse(string text);

    /// <summary>Gets a text.</summary>
    string Name(int number);

    /// <summary>Waits until the call is stopped.</summary>
    Task WaitAsync(CancellationToken cancellationToken);
}

/// <summary>A size.</summary>
public enum Size : byte
{
    /// <summary>Small.</summary>
    Small = 1,

    /// <summary>Large.</summary>
    Large = 2,
}

/// <summary>A line of an order.</summary>
public sealed record Line(string Product, int Count, decimal? Price);

/// <summary>A place.</summary>
public record struct Place(double X, float Y);

/// <summary>Each kind of value.</summary>
public sealed record Everything(
    Line[] Lines,
    List<Line?> Gaps,
    Dictionary<string, Place?> Places,
    (Size Size, Size? None) Sizes,
    decimal[] Decimals,
    DateTime Time,
    DateTimeOffset Offset,
    TimeSpan Span,
    DateOnly Day,
    TimeOnly Clock,
    Guid Id,
    char[] Letters,
    sbyte Low,
    ulong High,
    byte[] Bytes,
    string? Text,
    int[][] Nested);
