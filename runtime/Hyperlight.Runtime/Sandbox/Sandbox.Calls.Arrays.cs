namespace Hyperlight;

// Calls for languages whose params can be arrays only: C# before 13, F# and Visual Basic. A compiler that knows params of spans prefers the
// overloads with spans, which need no allocation.
public sealed partial class Sandbox
{
    /// <inheritdoc cref="Call{T}(string, ReadOnlySpan{GuestValue})"/>
    /// <exception cref="ArgumentNullException"><paramref name="arguments"/> is <c>null</c>.</exception>
    public T Call<T>(string function, params GuestValue[] arguments) => Call<T>(function, default(CallOptions), Span(arguments));

    /// <inheritdoc cref="Call{T}(string, CallOptions, ReadOnlySpan{GuestValue})"/>
    /// <exception cref="ArgumentNullException"><paramref name="arguments"/> is <c>null</c>.</exception>
    public T Call<T>(string function, CallOptions options, params GuestValue[] arguments) => Call<T>(function, options, Span(arguments));

    /// <inheritdoc cref="Call(string, ReadOnlySpan{GuestValue})"/>
    /// <exception cref="ArgumentNullException"><paramref name="arguments"/> is <c>null</c>.</exception>
    public void Call(string function, params GuestValue[] arguments) => Call(function, default(CallOptions), Span(arguments));

    /// <inheritdoc cref="Call(string, CallOptions, ReadOnlySpan{GuestValue})"/>
    /// <exception cref="ArgumentNullException"><paramref name="arguments"/> is <c>null</c>.</exception>
    public void Call(string function, CallOptions options, params GuestValue[] arguments) => Call(function, options, Span(arguments));

    /// <inheritdoc cref="CallAsync{T}(string, ReadOnlySpan{GuestValue})"/>
    /// <exception cref="ArgumentNullException"><paramref name="arguments"/> is <c>null</c>.</exception>
    public Task<T> CallAsync<T>(string function, params GuestValue[] arguments) =>
        CallAsync<T>(function, default(CallOptions), Span(arguments));

    /// <inheritdoc cref="CallAsync{T}(string, CallOptions, ReadOnlySpan{GuestValue})"/>
    /// <exception cref="ArgumentNullException"><paramref name="arguments"/> is <c>null</c>.</exception>
    public Task<T> CallAsync<T>(string function, CallOptions options, params GuestValue[] arguments) =>
        CallAsync<T>(function, options, Span(arguments));

    private static ReadOnlySpan<GuestValue> Span(GuestValue[] arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return arguments;
    }
}
