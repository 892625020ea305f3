namespace Hyperlight.Conformance;

/// <inheritdoc cref="IConformance"/>
[GuestExport]
public sealed partial class Conformance : IConformance
{
    /// <inheritdoc/>
    public int Count() => AllChecks.List.Count;

    /// <inheritdoc/>
    public string Run(int index) => AllChecks.List[index].Run();
}
