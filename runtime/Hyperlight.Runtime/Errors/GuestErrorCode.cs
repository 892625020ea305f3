namespace Hyperlight;

/// <summary>Why a guest refused or failed a call. Upstream's codes under readable names (amd64 sheet, section 5.4); others may occur.</summary>
public enum GuestErrorCode : long
{
    /// <summary>Not an error.</summary>
    None = 0,

    /// <summary>The guest does not know a parameter's type.</summary>
    UnsupportedParameterType = 2,

    /// <summary>The call names no function.</summary>
    FunctionNameNotProvided = 3,

    /// <summary>The guest has no function of this name.</summary>
    FunctionNotFound = 4,

    /// <summary>The function takes another number of arguments.</summary>
    IncorrectArgumentCount = 5,

    /// <summary>The guest has no dispatch function.</summary>
    DispatchNotSet = 6,

    /// <summary>The guest failed to reach the host.</summary>
    OutbError = 7,

    /// <summary>The guest does not say.</summary>
    Unknown = 8,

    /// <summary>The guest's stack was overwritten.</summary>
    GsCheckFailed = 10,

    /// <summary>The guest registered too many functions.</summary>
    TooManyGuestFunctions = 11,

    /// <summary>The guest's allocator failed.</summary>
    AllocatorFailure = 12,

    /// <summary>The guest ran out of memory.</summary>
    OutOfMemory = 13,

    /// <summary>An argument is of the wrong type.</summary>
    ArgumentTypeMismatch = 14,

    /// <summary>The guest's own code failed.</summary>
    GuestError = 15,

    /// <summary>A byte array came without its length.</summary>
    ArrayLengthMissing = 16,

    /// <summary>A host function failed; its message is passed on.</summary>
    HostFunctionError = 17,
}
