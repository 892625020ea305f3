using System.Buffers;
using Hyperlight.Calls;
using Hyperlight.Concurrency;
using Hyperlight.Protocol;
using Hyperlight.Telemetry;

namespace Hyperlight;

// Calls of guest functions (amd64 sheet, section 5.5).
public sealed partial class Sandbox
{
    /// <summary>Calls a function of the guest.</summary>
    /// <typeparam name="T">
    /// The type of the result: int, uint, long, ulong, float, double, string, bool, byte[], ReadOnlyMemory&lt;byte&gt;, or
    /// <see cref="GuestValue"/> for a result of any type.
    /// </typeparam>
    /// <param name="function">The name of the function.</param>
    /// <param name="arguments">The arguments.</param>
    /// <returns>The result.</returns>
    /// <exception cref="GuestErrorException">The guest refused the call, or the function failed. The sandbox stays ready.</exception>
    /// <exception cref="GuestReturnTypeException">The function returned another type. The sandbox stays ready.</exception>
    /// <exception cref="MessageTooLargeException">The arguments do not fit the guest's input buffer. The sandbox stays ready.</exception>
    /// <exception cref="GuestAbortedException">
    /// The guest aborted; a <see cref="GuestCpuException"/> if its processor raised an exception. The sandbox is poisoned.
    /// </exception>
    /// <exception cref="GuestFaultException">The guest crashed. The sandbox is poisoned.</exception>
    /// <exception cref="HypervisorException">The hypervisor refused to run the guest. The sandbox is poisoned.</exception>
    /// <exception cref="GuestProtocolException">
    /// The guest does not follow the protocol. The sandbox is poisoned, unless the guest had finished and only its result is malformed.
    /// </exception>
    /// <exception cref="TimeoutException">The call took longer than its timeout. The sandbox is poisoned.</exception>
    /// <exception cref="OperationCanceledException">
    /// The token was cancelled. The sandbox is poisoned, unless the token was cancelled before the call began.
    /// </exception>
    /// <exception cref="SandboxPoisonedException">An earlier call did not run to its end.</exception>
    /// <exception cref="SandboxUnrecoverableException">An earlier restore failed halfway.</exception>
    /// <exception cref="HyperlightException">
    /// HL5005: no thread can be started, for the call or for its timeout. The sandbox stays ready.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// Another call is running. A host function cannot call the sandbox that called the function.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The sandbox is disposed.</exception>
    public T Call<T>(string function, params ReadOnlySpan<GuestValue> arguments) => Call<T>(function, default(CallOptions), arguments);

    /// <inheritdoc cref="Call{T}(string, ReadOnlySpan{GuestValue})"/>
    /// <param name="function">The name of the function.</param>
    /// <param name="options">The timeout and the token of the call.</param>
    /// <param name="arguments">The arguments.</param>
    public T Call<T>(string function, CallOptions options, params ReadOnlySpan<GuestValue> arguments)
    {
        GuestValueKind? expected = GuestType<T>.Kind;
        GuestValue value = Invoke(function, expected ?? GuestValueKind.Void, options, arguments);
        return expected is not { } kind || kind == value.Kind
            ? GuestType<T>.FromGuest(value)
            : throw new GuestReturnTypeException(function, kind, value);
    }

    /// <summary>Calls a function of the guest and drops the result.</summary>
    /// <inheritdoc cref="Call{T}(string, ReadOnlySpan{GuestValue})"/>
    public void Call(string function, params ReadOnlySpan<GuestValue> arguments) => Call(function, default(CallOptions), arguments);

    /// <summary>Calls a function of the guest and drops the result.</summary>
    /// <inheritdoc cref="Call{T}(string, CallOptions, ReadOnlySpan{GuestValue})"/>
    public void Call(string function, CallOptions options, params ReadOnlySpan<GuestValue> arguments) =>
        Invoke(function, GuestValueKind.Void, options, arguments);

    /// <summary>Calls a function of the guest on a thread of its own. Short calls are cheaper from a thread that exists already.</summary>
    /// <inheritdoc cref="Call{T}(string, ReadOnlySpan{GuestValue})"/>
    public Task<T> CallAsync<T>(string function, params ReadOnlySpan<GuestValue> arguments) =>
        CallAsync<T>(function, default(CallOptions), arguments);

    /// <summary>Calls a function of the guest on a thread of its own. Short calls are cheaper from a thread that exists already.</summary>
    /// <inheritdoc cref="Call{T}(string, CallOptions, ReadOnlySpan{GuestValue})"/>
    public Task<T> CallAsync<T>(string function, CallOptions options, params ReadOnlySpan<GuestValue> arguments)
    {
        GuestValue[] copy = arguments.ToArray();
        return BackgroundThread.RunAsync($"call of {function}", () => Call<T>(function, options, copy), options.CancellationToken);
    }

    /// <summary>
    /// Calls a function of the guest whose result is bytes, and copies the result from the guest's memory into memory of the caller.
    /// </summary>
    /// <param name="function">The name of the function.</param>
    /// <param name="destination">Receives the bytes of the result.</param>
    /// <param name="arguments">The arguments.</param>
    /// <returns>The number of bytes in the result.</returns>
    /// <exception cref="ArgumentException">
    /// The result is longer than <paramref name="destination"/>, where nothing has been written. The guest has finished the call, and the
    /// sandbox stays ready.
    /// </exception>
    /// <inheritdoc cref="Call{T}(string, ReadOnlySpan{GuestValue})" path="/exception"/>
    public int CallInto(string function, Span<byte> destination, params ReadOnlySpan<GuestValue> arguments) =>
        CallInto(function, destination, default, arguments);

    /// <inheritdoc cref="CallInto(string, Span{byte}, ReadOnlySpan{GuestValue})"/>
    /// <param name="function">The name of the function.</param>
    /// <param name="destination">Receives the bytes of the result.</param>
    /// <param name="options">The timeout and the token of the call.</param>
    /// <param name="arguments">The arguments.</param>
    public int CallInto(string function, Span<byte> destination, CallOptions options, params ReadOnlySpan<GuestValue> arguments)
    {
        ResultTarget target = new(destination);
        int length = CallInto(function, ref target, options, arguments);
        return length <= destination.Length ? length : throw new ArgumentException(
            $"The guest's function {function} returned {length} bytes, the destination has room for {destination.Length}: give it more "
            + "room, or an IBufferWriter<byte>.",
            nameof(destination));
    }

    /// <summary>
    /// Calls a function of the guest whose result is bytes, and writes the result from the guest's memory to a writer of the caller. What
    /// the writer throws, this method throws; the sandbox stays ready.
    /// </summary>
    /// <param name="function">The name of the function.</param>
    /// <param name="destination">Receives the bytes of the result. It must not use the sandbox.</param>
    /// <param name="arguments">The arguments.</param>
    /// <returns>The number of bytes in the result.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="destination"/> is <c>null</c>.</exception>
    /// <inheritdoc cref="Call{T}(string, ReadOnlySpan{GuestValue})" path="/exception"/>
    public int CallInto(string function, IBufferWriter<byte> destination, params ReadOnlySpan<GuestValue> arguments) =>
        CallInto(function, destination, default, arguments);

    /// <inheritdoc cref="CallInto(string, IBufferWriter{byte}, ReadOnlySpan{GuestValue})"/>
    /// <param name="function">The name of the function.</param>
    /// <param name="destination">Receives the bytes of the result. It must not use the sandbox.</param>
    /// <param name="options">The timeout and the token of the call.</param>
    /// <param name="arguments">The arguments.</param>
    public int CallInto(
        string function, IBufferWriter<byte> destination, CallOptions options, params ReadOnlySpan<GuestValue> arguments)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ResultTarget target = new(destination);
        return CallInto(function, ref target, options, arguments);
    }

    private int CallInto(string function, ref ResultTarget target, CallOptions options, scoped ReadOnlySpan<GuestValue> arguments)
    {
        GuestValue value = Invoke(function, GuestValueKind.Bytes, ref target, options, arguments);
        return value.Kind == GuestValueKind.Bytes
            ? target.Length
            : throw new GuestReturnTypeException(function, GuestValueKind.Bytes, value);
    }

    private GuestValue Invoke(string function, GuestValueKind expected, CallOptions options, ReadOnlySpan<GuestValue> arguments)
    {
        ResultTarget none = default;
        return Invoke(function, expected, ref none, options, arguments);
    }

    private GuestValue Invoke(
        string function, GuestValueKind expected, ref ResultTarget target, CallOptions options, scoped ReadOnlySpan<GuestValue> arguments)
    {
        ArgumentException.ThrowIfNullOrEmpty(function);
        Operation call = Operation.Call(_runner.Name, function);
        CallOutcome outcome;
        try
        {
            outcome = Execute(function, expected, ref target, options, arguments);
        }
#pragma warning disable CA1031 // Every exception becomes the outcome of the call.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            outcome = CallOutcome.Failed(CallEnd.Refused, exception);
        }

        call.End(outcome.Failure);
        return outcome.ValueOrThrow();
    }

    private CallOutcome Execute(
        string function, GuestValueKind expected, ref ResultTarget target, CallOptions options, scoped ReadOnlySpan<GuestValue> arguments)
    {
        TimeSpan timeout = SandboxSettings.CheckTimeout(options.Timeout ?? _runner.Settings.CallTimeout, nameof(options.Timeout));
        options.CancellationToken.ThrowIfCancellationRequested();
        _gate.Enter(timeout);
        try
        {
            ThrowIfUnusable();
            return Conclude(_runner.Call(_gate, function, expected, arguments, ref target, options.CancellationToken));
        }
        finally
        {
            Leave();
        }
    }
}
