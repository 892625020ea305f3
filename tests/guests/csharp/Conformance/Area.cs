using System.Collections;

namespace Hyperlight.Conformance;

/// <summary>The checks of one part of the base class library.</summary>
public sealed class Area(string name) : IEnumerable<Check>
{
    private readonly List<Check> _checks = [];

    public void Add(string check, Func<object?> body) => _checks.Add(new($"{name}/{check}", body));

    public void Add(string check, Func<Task<object?>> body) => Add(check, () => body().GetAwaiter().GetResult());

    public IEnumerator<Check> GetEnumerator() => _checks.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
