using System.Globalization;

namespace Hyperlight.Benchmarks;

/// <summary>Measures the cost of sandboxes while a number of them is alive.</summary>
/// <param name="Alive">The number of sandboxes.</param>
/// <param name="Create">The median time in microseconds of creating one more, with a machine of its own.</param>
/// <param name="Call">The median time in microseconds, outside of KVM_RUN, of a call of one of them.</param>
/// <param name="Before">What the process used before.</param>
/// <param name="After">What the process uses with all of them.</param>
internal sealed record AlivePoint(int Alive, double Create, double Call, Counts Before, Counts After)
{
    /// <summary>The first lines of a table.</summary>
    public const string Header =
        "| alive | create, µs | call, µs | private, KiB | of the guest | of the processor | managed | left over | kernel, KiB "
            + "| available, KiB | descriptors | mappings | threads | of the kernel |\n"
            + "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|";

    /// <summary>The private memory of the process for each sandbox, in KiB.</summary>
    public double Private => Each(counts => counts.Private);

    /// <summary>Formats the row. Memory, descriptors, mappings and threads of the kernel are for each sandbox.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Alive,6:#,0} | {Create,6:#,0} | {Call,5:0.0} | {Private,6:0.0} | {Each(c => c.Guest),6:0.0} | {Each(c => c.Processors),5:0.0} "
            + $"| {Each(c => c.Managed),5:0.0} | {Each(c => c.Other),5:0.0} | {Each(c => c.Kernel),6:0} | {-Each(c => c.Available),6:0} "
            + $"| {Each(c => c.Descriptors),4:0.0} | {Each(c => c.Mappings),4:0.0} | {After.Threads,3} "
            + $"| {Each(c => c.KernelThreads),3:0.0} |");

    private double Each(Func<Counts, long> count) => (count(After) - count(Before)) / (double)Alive;
}
