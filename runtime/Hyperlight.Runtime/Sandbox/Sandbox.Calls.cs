using Hyperlight.Calls;
using Hyperlight.Telemetry;
using Hyperlight.Watch;

namespace Hyperlight;

// Calls of guest functions (amd64 sheet, section 5.5).
public sealed partial class Sandbox
{
    /// <summary>Calls a function of the guest.</summary>
    /// <typeparam name="T">The type it returns: int, uint, long, ulong, float, double, string, bool, byte[], ReadOnlyMemory&lt;byte&gt;, or
    /// <see cref="GuestValue"/> to take whatever comes.</typeparam>
    /// <param name="function">Its name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>What it returned.</returns>
    /// <exception cref="GuestErrorException">The guest refused the call, or its function failed. The sandbox stays ready.</exception>
    /// <exception cref="GuestReturnTypeException">It returned another type. The sandbox stays ready.</exception>
    /// <exception cref="MessageTooLargeException">The arguments do not fit the guest's input buffer. The sandbox stays ready.</exception>
    /// <exception cref="GuestAbortedException">The guest gave up; for a processor exception a <see cref="GuestCpuException"/>.</exception>
    /// <exception cref="GuestFaultException">The guest crashed.</exception>
    /// <exception cref="HypervisorException">The hypervisor refused to run the guest. The sandbox is poisoned.</exception>
    /// <exception cref="GuestProtocolException">The guest does not follow the protocol.</exception>
    /// <exception cref="TimeoutException">It took too long. The sandbox is poisoned.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled. The sandbox is poisoned, unless that was so before the call began.</exception>
    /// <exception cref="SandboxPoisonedException">An earlier call did not run to its end.</exception>
    /// <exception cref="SandboxUnrecoverableException">A restore failed halfway.</exception>
    /// <exception cref="HyperlightException">HL5005: nothing can watch the timeout, or the call cannot have a thread. The sandbox stays ready.</exception>
    /// <exception cref="InvalidOperationException">Another call is running, possibly the one whose host function makes this call.</exception>
    /// <exception cref="ObjectDisposedException">The sandbox is disposed.</exception>
    public T Call<T>(string function, params ReadOnlySpan<GuestValue> arguments) => Call<T>(function, default(CallOptions), arguments);

    /// <inheritdoc cref="Call{T}(string, ReadOnlySpan{GuestValue})"/>
    /// <param name="function">Its name.</param>
    /// <param name="options">How long it may take.</param>
    /// <param name="arguments">Its arguments.</param>
    public T Call<T>(string function, CallOptions options, params ReadOnlySpan<GuestValue> arguments)
    {
        GuestValueKind? expected = GuestType<T>.Kind;
        GuestValue value = Invoke(function, expected ?? GuestValueKind.Void, options, arguments);
        return expected is not { } kind || kind == value.Kind
            ? GuestType<T>.FromGuest(value)
            : throw new GuestReturnTypeException(function, kind, value);
    }

    /// <summary>Calls a function of the guest and drops what it returns.</summary>
    /// <inheritdoc cref="Call{T}(string, ReadOnlySpan{GuestValue})"/>
    public void Call(string function, params ReadOnlySpan<GuestValue> arguments) => Call(function, default(CallOptions), arguments);

    /// <summary>Calls a function of the guest and drops what it returns.</summary>
    /// <inheritdoc cref="Call{T}(string, CallOptions, ReadOnlySpan{GuestValue})"/>
    public void Call(string function, CallOptions options, params ReadOnlySpan<GuestValue> arguments) =>
        Invoke(function, GuestValueKind.Void, options, arguments);

    /// <summary>Calls a function of the guest on a thread of its own. Where calls are short, calling from threads that are there anyway is cheaper.</summary>
    /// <inheritdoc cref="Call{T}(string, ReadOnlySpan{GuestValue})"/>
    public Task<T> CallAsync<T>(string function, params ReadOnlySpan<GuestValue> arguments) =>
        CallAsync<T>(function, default(CallOptions), arguments);

    /// <summary>Calls a function of the guest on a thread of its own. Where calls are short, calling from threads that are there anyway is cheaper.</summary>
    /// <inheritdoc cref="Call{T}(string, CallOptions, ReadOnlySpan{GuestValue})"/>
    public Task<T> CallAsync<T>(string function, CallOptions options, params ReadOnlySpan<GuestValue> arguments)
    {
        GuestValue[] copy = arguments.ToArray();
        return BackgroundThread.RunAsync($"call of {function}", () => Call<T>(function, options, copy), options.CancellationToken);
    }

    private GuestValue Invoke(string function, GuestValueKind expected, CallOptions options, ReadOnlySpan<GuestValue> arguments)
    {
        ArgumentException.ThrowIfNullOrEmpty(function);
        Operation call = Operation.Call(_runner.Name, function);
        CallOutcome outcome;
        try
        {
            outcome = Execute(function, expected, options, arguments);
        }
#pragma warning disable CA1031 // Whatever keeps the guest from running becomes the outcome of the call.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            outcome = CallOutcome.Failed(CallEnd.Refused, exception);
        }

        call.End(outcome.Failure);
        return outcome.ValueOrThrow();
    }

    private CallOutcome Execute(string function, GuestValueKind expected, CallOptions options, ReadOnlySpan<GuestValue> arguments)
    {
        TimeSpan timeout = SandboxSettings.CheckTimeout(options.Timeout ?? _runner.Settings.CallTimeout, nameof(options.Timeout));
        options.CancellationToken.ThrowIfCancellationRequested();
        _gate.Enter(timeout);
        try
        {
            ThrowIfUnusable();
            return Conclude(_runner.Call(_gate, function, expected, arguments, options.CancellationToken));
        }
        finally
        {
            Leave();
        }
    }
}
