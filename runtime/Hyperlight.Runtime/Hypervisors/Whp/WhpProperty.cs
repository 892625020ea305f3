namespace Hyperlight.Hypervisors.Whp;

/// <summary><c>WHV_PARTITION_PROPERTY_CODE</c>: the properties of a partition that are used here.</summary>
internal enum WhpProperty : uint
{
    /// <summary>Answers of CPUID, as an array of <see cref="WhpCpuidResult"/>.</summary>
    CpuidResults = 0x1004,

    /// <summary>The number of processors, as 4 bytes. The platform sets up no partition without this property.</summary>
    ProcessorCount = 0x1FFF,
}
