namespace Hyperlight.Hypervisors.Whp;

/// <summary>The HRESULTs that this code tells apart.</summary>
internal static class WhpResult
{
    public const uint InvalidArgument = 0x8007_0057;
    public const uint OutOfMemory = 0x8007_000E;
    public const uint NoSystemResources = 0x8007_05AA;
    public const uint CommitmentLimit = 0x8007_05AF;
    public const uint AccessDenied = 0x8007_0005;
    public const uint NotSupported = 0x8007_0032;
    public const uint NotImplemented = 0x8000_4001;

    /// <summary>The first of the platform's own results.</summary>
    public const uint FirstOfPlatform = 0x8037_0300;
    public const uint InsufficientBuffer = 0x8037_0301;
    public const uint UnknownProperty = 0x8037_0302;
    public const uint UnsupportedHypervisor = 0x8037_0303;
    public const uint InvalidProcessorState = 0x8037_0308;
    public const uint InvalidRegisterName = 0x8037_0309;
    public const uint UnsupportedProcessor = 0x8037_0310;

    /// <summary>A partition has memory of the same process already.</summary>
    public const uint PartitionExists = 0xC037_0008;

    // The failures of the hypervisor itself have a facility of their own.
    private const uint HypervisorFacility = 0xC035_0000;
    private const uint FacilityMask = 0xFFFF_0000;

    /// <summary>Says whether a call for one register failed because this computer does not have the register.</summary>
    /// <param name="result">The result of the call.</param>
    // Only the first code is documented. The others are assumed for registers of features that the processor or the partition lacks.
    public static bool SaysRegisterIsAbsent(int result) =>
        (uint)result is InvalidRegisterName or InvalidArgument or AccessDenied or NotSupported or NotImplemented
        || ((uint)result & FacilityMask) == HypervisorFacility;

    /// <summary>Gets the name of a result, as the headers of Windows have it; <c>null</c> for a result that is not known.</summary>
    public static string? NameOf(int result) => (uint)result switch
    {
        InvalidArgument => "E_INVALIDARG",
        OutOfMemory => "E_OUTOFMEMORY",
        NotImplemented => "E_NOTIMPL",
        0x8000_4005 => "E_FAIL",
        0x8000_FFFF => "E_UNEXPECTED",
        AccessDenied => "E_ACCESSDENIED",
        NotSupported => "ERROR_NOT_SUPPORTED",
        0x8007_139F => "ERROR_INVALID_STATE",
        NoSystemResources => "ERROR_NO_SYSTEM_RESOURCES",
        CommitmentLimit => "ERROR_COMMITMENT_LIMIT",
        FirstOfPlatform => "WHV_E_UNKNOWN_CAPABILITY",
        InsufficientBuffer => "WHV_E_INSUFFICIENT_BUFFER",
        UnknownProperty => "WHV_E_UNKNOWN_PROPERTY",
        UnsupportedHypervisor => "WHV_E_UNSUPPORTED_HYPERVISOR_CONFIG",
        0x8037_0304 => "WHV_E_INVALID_PARTITION_CONFIG",
        0x8037_0305 => "WHV_E_GPA_RANGE_NOT_FOUND",
        0x8037_0306 => "WHV_E_VP_ALREADY_EXISTS",
        0x8037_0307 => "WHV_E_VP_DOES_NOT_EXIST",
        InvalidProcessorState => "WHV_E_INVALID_VP_STATE",
        InvalidRegisterName => "WHV_E_INVALID_VP_REGISTER_NAME",
        UnsupportedProcessor => "WHV_E_UNSUPPORTED_PROCESSOR_CONFIG",
        PartitionExists => "ERROR_VID_PARTITION_ALREADY_EXISTS",
        _ => null,
    };
}
