namespace Hyperlight.Generator;

/// <summary>
/// A class of a guest whose methods the host calls. The record has texts and no symbols, so that it can be compared with the record of an
/// earlier run of the generator.
/// </summary>
/// <param name="Type">The class, with namespace.</param>
/// <param name="Hosts">The host interfaces that the constructor takes, in its order.</param>
/// <param name="Guests">The guest interfaces that the class implements.</param>
internal sealed record GuestExport(string Type, EquatableArray<string> Hosts, EquatableArray<GuestInterface> Guests)
{
    /// <summary>
    /// Gets the methods that serve the host. Of several methods for one function, for example with and without a task, the first serves.
    /// </summary>
    public IEnumerable<(GuestInterface Guest, GuestMethod Method)> Served()
    {
        HashSet<string> added = new(StringComparer.Ordinal);
        return Guests
            .SelectMany(guest => (guest.Methods ?? default).Select(method => (guest, method)))
            .Where(pair => added.Add(pair.method.Function));
    }
}

/// <summary>An exported class, what its code needs, and its problems.</summary>
/// <param name="Export">The class; <c>null</c> if it has a problem, or if one of its interfaces has.</param>
/// <param name="Place">The place of the class.</param>
/// <param name="Uses">The host interfaces that the constructor takes.</param>
/// <param name="Problems">The problems.</param>
internal sealed record GuestExportReading(
    GuestExport? Export, SourcePlace Place, EquatableArray<HostUse> Uses, EquatableArray<Problem> Problems);
