namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>The numbers of objects that the platform and the sources of memory hold. All are 0 when nobody runs a guest.</summary>
internal sealed record WhpState(
    uint Partitions, uint Processors, uint Mappings, uint SetUpPartitions, int TakenProcesses, int MappedPieces)
{
    public static WhpState Empty { get; } = new(0, 0, 0, 0, 0, 0);

    public static WhpState Now() => new(
        WhpShim.Live(WhpObject.Partition),
        WhpShim.Live(WhpObject.Processor),
        WhpShim.Live(WhpObject.Mapping),
        WhpShim.Live(WhpObject.SetUpPartition),
        FakeProcesses.TakenCount,
        FakeProcesses.MappedCount);
}
