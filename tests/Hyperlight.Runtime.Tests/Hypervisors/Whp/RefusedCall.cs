using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Whp;
using Hyperlight.Runtime.Tests.Machine;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>A call of a function of the platform that fails. The function and the number of the call say which call it is.</summary>
internal sealed class RefusedCall : IRefusal
{
    // No code treats this failure in another way than other failures.
    private const int InvalidVpState = unchecked((int)0x8037_0308);

    private readonly WatchedHypervisor _hypervisor;
    private readonly string _function;
    private readonly ulong _last;
    private string? _request;
    private bool _isOver;

    /// <param name="function">The name of the function.</param>
    /// <param name="number">The number of the call that fails; the next call is 1.</param>
    public RefusedCall(string function, int number)
    {
        // The hypervisor is a new one, which has not yet found out what the computer has.
        WhpHypervisor hypervisor = WhpShim.Create(new FakeProcesses());
        _hypervisor = new(hypervisor)
        {
            Before = request => _request = WasReached ? _request : request,
        };
        _function = function;
        if (function != "WHvGetCapability")
        {
            // The check of the platform comes first: the results of its other calls do not matter.
            _ = hypervisor.Identity;
        }

        _last = WhpShim.Calls(function) + (ulong)number;
        WhpShim.Fail(function, (uint)number, InvalidVpState);
    }

    public IHypervisor Hypervisor => _hypervisor;

    public string? Request => WasReached ? _request ?? nameof(IHypervisor.Identity) : null;

    public bool IsSilent => _function.StartsWith("WHvDelete", StringComparison.Ordinal);

    private bool WasReached => !_isOver && WhpShim.Calls(_function) >= _last;

    public bool IsReason(Exception exception) =>
        (exception.InnerException ?? exception) is HypervisorException { Message: var message }
        && message.Contains($"{_function} failed: WHV_E_INVALID_VP_STATE (0x80370308)", StringComparison.Ordinal);

    public string? Leak() => WhpState.Now() is var now && now == WhpState.Empty ? null : now.ToString();

    public void Dispose()
    {
        _isOver = true;
        WhpShim.Fail(null, 0, 0);
    }
}
