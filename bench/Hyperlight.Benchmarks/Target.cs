using System.Globalization;

namespace Hyperlight.Benchmarks;

/// <summary>The greatest allowed value of a figure.</summary>
/// <param name="Reference">The figure to compare with: upstream's, or another one of ours.</param>
/// <param name="Ratio">The largest allowed ratio of the figure to the reference.</param>
internal sealed record Target(double Reference, double Ratio)
{
    /// <summary>Gets whether a figure is small enough.</summary>
    public bool IsMet(double figure) => figure <= Reference * Ratio;

    /// <summary>Gets the cells of a table for a figure: reference, allowed ratio, ratio, and whether the figure is small enough.</summary>
    public string Describe(double figure) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Reference,8:#,0.#} | {Ratio,5:0.###} | {figure / Reference,6:0.000} | {(IsMet(figure) ? "met" : "not met")} |");
}
