using Hyperlight.Hypervisors;

namespace Hyperlight.Runtime.Tests.Machine;

/// <summary>
/// One request to a hypervisor, or to the memory of the host, that is refused. Once the object is disposed, no more request is refused.
/// </summary>
internal interface IRefusal : IDisposable
{
    /// <summary>Gets the hypervisor that refuses the request.</summary>
    IHypervisor Hypervisor { get; }

    /// <summary>Gets the member of a hypervisor, its machines or its memory that was refused, or <c>null</c> if none was so far.</summary>
    string? Request { get; }

    /// <summary>Gets whether the refusal causes no exception.</summary>
    bool IsSilent { get; }

    /// <summary>Says whether an exception is the one that the refusal causes.</summary>
    bool IsReason(Exception exception);

    /// <summary>Gets what the refused request has left behind once all sandboxes are disposed; <c>null</c> for nothing.</summary>
    string? Leak();
}
