namespace Hyperlight.Hypervisors.Whp;

/// <summary><c>WHV_PARTITION_PROPERTY_CODE</c>: the properties of a partition that are used here.</summary>
internal enum WhpProperty : uint
{
    /// <summary>The number of processors, as 4 bytes. The platform sets up no partition without this property.</summary>
    ProcessorCount = 0x1FFF,
}
