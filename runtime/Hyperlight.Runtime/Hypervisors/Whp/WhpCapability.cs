namespace Hyperlight.Hypervisors.Whp;

/// <summary><c>WHV_CAPABILITY_CODE</c>: the questions to the platform that are used here.</summary>
internal enum WhpCapability : uint
{
    /// <summary>Whether the hypervisor runs, as 4 bytes.</summary>
    HypervisorPresent = 0,

    /// <summary>The features of the platform, as 8 bytes of bits.</summary>
    Features = 1,

    /// <summary>How often the time-stamp counter ticks in a second, as 8 bytes.</summary>
    ProcessorClockFrequency = 0x1004,
}
