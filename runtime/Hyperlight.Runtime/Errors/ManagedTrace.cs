using System.Globalization;
using System.Text;

namespace Hyperlight;

/// <summary>
/// The stack trace of a guest in C#, whose lines end with addresses: <c>   at Shop.Orders.Total(Order) + 0x1c [0x41f03c]</c>. The text is
/// not trusted.
/// </summary>
/// <param name="Lines">The lines with files and lines in place of addresses.</param>
/// <param name="Location">The first place in a source file that is not one of .NET; <c>null</c> if there is none.</param>
internal readonly record struct ManagedTrace(string Lines, GuestLocation? Location)
{
    private const string FrameStart = "   at ", AddressStart = " [0x", AddressEnd = "]";

    // A guest could send a line for each few bytes of its output buffer, and each would become a place of up to a kilobyte.
    private const int MostPlaces = 100;

    private static readonly string[] LibraryPrefixes = [FrameStart + "System.", FrameStart + "Microsoft.", FrameStart + "Internal."];

    /// <summary>Replaces the addresses.</summary>
    /// <param name="trace">The lines as the guest sent them.</param>
    /// <param name="locate">Finds an address of the guest's code, which may be anything.</param>
    public static ManagedTrace Of(string trace, Func<ulong, GuestLocation?> locate)
    {
        StringBuilder text = new();
        GuestLocation? first = null;
        int places = 0;
        foreach (string line in trace.Split('\n'))
        {
            text.Append(text.Length > 0 ? "\n" : "");
            int end = line.LastIndexOf(AddressStart, StringComparison.Ordinal);
            if (end < 0 || !line.EndsWith(AddressEnd, StringComparison.Ordinal) || AddressOf(line.AsSpan(end)) is not { } address)
            {
                text.Append(line);
                continue;
            }

            text.Append(line, 0, end);
            if (++places <= MostPlaces && locate(address) is { File: { } file, Line: var number } place)
            {
                text.Append(CultureInfo.InvariantCulture, $" in {file}:line {number}");
                first ??= IsOfLibrary(line) ? null : new(place.Function ?? MethodOf(line[..end]), file, number);
            }
        }

        return new(text.ToString(), first);
    }

    private static bool IsOfLibrary(string line) =>
        Array.Exists(LibraryPrefixes, prefix => line.StartsWith(prefix, StringComparison.Ordinal));

    private static ulong? AddressOf(ReadOnlySpan<char> text) => ulong.TryParse(
        text[AddressStart.Length..^AddressEnd.Length], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong address)
        ? address
        : null;

    /// <summary>Gets the name of the method, with its type and without its parameters.</summary>
    private static string? MethodOf(string line)
    {
        int end = line.IndexOf('(', StringComparison.Ordinal);
        return line.StartsWith(FrameStart, StringComparison.Ordinal) && end > FrameStart.Length ? line[FrameStart.Length..end] : null;
    }
}
