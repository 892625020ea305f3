namespace Hyperlight;

/// <summary>
/// The reasons why a guest refused or failed a call: upstream's codes under readable names (amd64 sheet, section 5.4). A guest can send
/// other numbers.
/// </summary>
public enum GuestErrorCode : long
{
    /// <summary>There was no error.</summary>
    None = 0,

    /// <summary>The guest does not know the type of a parameter.</summary>
    UnsupportedParameterType = 2,

    /// <summary>The call names no function.</summary>
    FunctionNameNotProvided = 3,

    /// <summary>The guest has no function of this name.</summary>
    FunctionNotFound = 4,

    /// <summary>The function has another number of parameters.</summary>
    IncorrectArgumentCount = 5,

    /// <summary>The guest has no dispatch function.</summary>
    DispatchNotSet = 6,

    /// <summary>The guest failed to reach the host.</summary>
    OutbError = 7,

    /// <summary>The guest gives no reason.</summary>
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

    /// <summary>A host function failed. The text of the error is from the host.</summary>
    HostFunctionError = 17,
}
