namespace Hyperlight.Runtime.Tests.Hostile;

/// <summary>The neighbourhoods for all attacks that happen in calls: one for each guest.</summary>
public sealed class HostileImages : IDisposable
{
    private readonly Dictionary<string, Neighbourhood> _neighbourhoods = [];

    internal Neighbourhood Get(string guest)
    {
        if (!_neighbourhoods.TryGetValue(guest, out Neighbourhood? found))
        {
            _neighbourhoods.Add(guest, found = new(guest, atStart: []));
        }

        return found;
    }

    public void Dispose()
    {
        foreach (Neighbourhood neighbourhood in _neighbourhoods.Values)
        {
            neighbourhood.Dispose();
        }
    }
}
