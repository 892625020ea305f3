namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>The objects of the platform that <see cref="WhpShim.Live"/> counts.</summary>
internal enum WhpObject : uint
{
    Partition,
    Processor,
    Mapping,
    SetUpPartition,
}
