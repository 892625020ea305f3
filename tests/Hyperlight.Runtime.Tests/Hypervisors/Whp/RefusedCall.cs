using Hyperlight.Hypervisors;
using Hyperlight.Runtime.Tests.Machine;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>A call of the platform that fails by its number.</summary>
internal sealed class RefusedCall : IRefusal
{
    // Nothing treats this failure in a way of its own.
    private const int InvalidVpState = unchecked((int)0x8037_0308);

    private readonly string _function;
    private readonly ulong _last;

    /// <param name="function">The name of the function.</param>
    /// <param name="number">The number of the call that fails; the next call is 1.</param>
    public RefusedCall(string function, int number)
    {
        _function = function;
        _last = WhpShim.Calls(function) + (ulong)number;
        WhpShim.Fail(function, (uint)number, InvalidVpState);
    }

    public IHypervisor Hypervisor => TestHypervisor.Whp;

    public string? Request => WhpShim.Calls(_function) >= _last ? _function : null;

    public bool IsReason(Exception exception) =>
        exception is HypervisorException && exception.Message.Contains($"{_function} failed: WHV_E_INVALID_VP_STATE (0x80370308)", StringComparison.Ordinal);

    public string? Leak() => WhpState.Now() is var now && now == WhpState.Empty ? null : now.ToString();

    public void Dispose() => WhpShim.Fail(null, 0, 0);
}
