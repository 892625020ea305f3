using Hyperlight.Concurrency;

namespace Hyperlight;

// Asynchronous calls that drop the result.
public sealed partial class Sandbox
{
    /// <summary>
    /// Calls a function of the guest on a thread of its own and drops the result. Short calls are cheaper from a thread that exists
    /// already.
    /// </summary>
    /// <returns>A task that completes when the guest has returned.</returns>
    /// <inheritdoc cref="Call{T}(string, ReadOnlySpan{GuestValue})"/>
    public Task CallAsync(string function, params ReadOnlySpan<GuestValue> arguments) =>
        CallAsync(function, default(CallOptions), arguments);

    /// <summary>
    /// Calls a function of the guest on a thread of its own and drops the result. Short calls are cheaper from a thread that exists
    /// already.
    /// </summary>
    /// <returns>A task that completes when the guest has returned.</returns>
    /// <inheritdoc cref="Call{T}(string, CallOptions, ReadOnlySpan{GuestValue})"/>
    public Task CallAsync(string function, CallOptions options, params ReadOnlySpan<GuestValue> arguments)
    {
        GuestValue[] copy = arguments.ToArray();
        return BackgroundThread.RunAsync(
            $"call of {function}", () => Invoke(function, GuestValueKind.Void, options, copy), options.CancellationToken);
    }

    /// <inheritdoc cref="CallAsync(string, ReadOnlySpan{GuestValue})"/>
    /// <exception cref="ArgumentNullException"><paramref name="arguments"/> is <c>null</c>.</exception>
    public Task CallAsync(string function, params GuestValue[] arguments) => CallAsync(function, default(CallOptions), Span(arguments));

    /// <inheritdoc cref="CallAsync(string, CallOptions, ReadOnlySpan{GuestValue})"/>
    /// <exception cref="ArgumentNullException"><paramref name="arguments"/> is <c>null</c>.</exception>
    public Task CallAsync(string function, CallOptions options, params GuestValue[] arguments) =>
        CallAsync(function, options, Span(arguments));
}
