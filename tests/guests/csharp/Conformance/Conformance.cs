namespace Hyperlight.Conformance;

/// <inheritdoc cref="IConformance"/>
[GuestExport]
public sealed partial class Conformance : IConformance
{
    /// <inheritdoc/>
    public int Count() => AllChecks.List.Count;

    /// <inheritdoc/>
    public string Run(int index) => AllChecks.List[index].Run();

    /// <inheritdoc/>
    public string Uses() => string.Join('\n', Unsupported.Names);

    /// <inheritdoc/>
    public string Use(string name) => Unsupported.Use(name);
}
