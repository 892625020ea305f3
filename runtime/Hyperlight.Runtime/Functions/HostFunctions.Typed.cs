using Hyperlight.Functions;

namespace Hyperlight;

// The overloads for ordinary delegates. Each wraps its delegate once; a call converts the values without an allocation.
public sealed partial class HostFunctions
{
    /// <summary>Adds a function with no parameters and a result.</summary>
    /// <param name="name">
    /// The name that the guest calls. A name can be added once. <c>HostPrint</c> replaces the function of the runtime.
    /// </param>
    /// <param name="function">
    /// The function. Its types are those of the protocol: int, uint, long, ulong, float, double, string, bool, byte[],
    /// ReadOnlyMemory&lt;byte&gt;, or <see cref="GuestValue"/> for any of them. The result can also be a <see cref="Task"/> or
    /// <see cref="ValueTask"/>, with or without a value of these types: the thread of the call waits for the task. The last parameter can
    /// be a <see cref="CancellationToken"/>, which the guest does not pass: the token is cancelled when the call is stopped.
    /// </param>
    /// <returns>This object, for the next function.</returns>
    /// <exception cref="ArgumentException">The name is empty, reserved or already added, or a token is not the last parameter.</exception>
    /// <exception cref="NotSupportedException">A type is not one of the protocol.</exception>
    public HostFunctions Add<TResult>(string name, Func<TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction<TResult>(
            name,
            (a, stop) => HostResult<TResult>.ToGuest(function(), stop));
    }

    /// <summary>Adds a function with one parameter and a result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T, TResult>(string name, Func<T, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction<TResult>(
            name,
            (a, stop) => HostResult<TResult>.ToGuest(function(HostArgument<T>.Read(a, 0, stop)), stop),
            HostArgument<T>.Kind);
    }

    /// <summary>Adds a function with two parameters and a result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2, TResult>(string name, Func<T1, T2, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction<TResult>(
            name,
            (a, stop) => HostResult<TResult>.ToGuest(
                function(HostArgument<T1>.Read(a, 0, stop), HostArgument<T2>.Read(a, 1, stop)),
                stop),
            HostArgument<T1>.Kind, HostArgument<T2>.Kind);
    }

    /// <summary>Adds a function with three parameters and a result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2, T3, TResult>(string name, Func<T1, T2, T3, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction<TResult>(
            name,
            (a, stop) => HostResult<TResult>.ToGuest(
                function(HostArgument<T1>.Read(a, 0, stop), HostArgument<T2>.Read(a, 1, stop), HostArgument<T3>.Read(a, 2, stop)),
                stop),
            HostArgument<T1>.Kind, HostArgument<T2>.Kind, HostArgument<T3>.Kind);
    }

    /// <summary>Adds a function with four parameters and a result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2, T3, T4, TResult>(string name, Func<T1, T2, T3, T4, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction<TResult>(
            name,
            (a, stop) => HostResult<TResult>.ToGuest(
                function(
                    HostArgument<T1>.Read(a, 0, stop), HostArgument<T2>.Read(a, 1, stop), HostArgument<T3>.Read(a, 2, stop),
                    HostArgument<T4>.Read(a, 3, stop)),
                stop),
            HostArgument<T1>.Kind, HostArgument<T2>.Kind, HostArgument<T3>.Kind, HostArgument<T4>.Kind);
    }

    /// <summary>Adds a function with five parameters and a result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2, T3, T4, T5, TResult>(string name, Func<T1, T2, T3, T4, T5, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction<TResult>(
            name,
            (a, stop) => HostResult<TResult>.ToGuest(
                function(
                    HostArgument<T1>.Read(a, 0, stop), HostArgument<T2>.Read(a, 1, stop), HostArgument<T3>.Read(a, 2, stop),
                    HostArgument<T4>.Read(a, 3, stop), HostArgument<T5>.Read(a, 4, stop)),
                stop),
            HostArgument<T1>.Kind, HostArgument<T2>.Kind, HostArgument<T3>.Kind, HostArgument<T4>.Kind,
            HostArgument<T5>.Kind);
    }

    /// <summary>Adds a function with six parameters and a result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2, T3, T4, T5, T6, TResult>(string name, Func<T1, T2, T3, T4, T5, T6, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction<TResult>(
            name,
            (a, stop) => HostResult<TResult>.ToGuest(
                function(
                    HostArgument<T1>.Read(a, 0, stop), HostArgument<T2>.Read(a, 1, stop), HostArgument<T3>.Read(a, 2, stop),
                    HostArgument<T4>.Read(a, 3, stop), HostArgument<T5>.Read(a, 4, stop), HostArgument<T6>.Read(a, 5, stop)),
                stop),
            HostArgument<T1>.Kind, HostArgument<T2>.Kind, HostArgument<T3>.Kind, HostArgument<T4>.Kind,
            HostArgument<T5>.Kind, HostArgument<T6>.Kind);
    }

    /// <summary>Adds a function with no parameters and no result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add(string name, Action function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddAction(
            name,
            (a, stop) => function());
    }

    /// <summary>Adds a function with one parameter and no result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T>(string name, Action<T> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddAction(
            name,
            (a, stop) => function(HostArgument<T>.Read(a, 0, stop)),
            HostArgument<T>.Kind);
    }

    /// <summary>Adds a function with two parameters and no result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2>(string name, Action<T1, T2> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddAction(
            name,
            (a, stop) => function(HostArgument<T1>.Read(a, 0, stop), HostArgument<T2>.Read(a, 1, stop)),
            HostArgument<T1>.Kind, HostArgument<T2>.Kind);
    }

    /// <summary>Adds a function with three parameters and no result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2, T3>(string name, Action<T1, T2, T3> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddAction(
            name,
            (a, stop) => function(HostArgument<T1>.Read(a, 0, stop), HostArgument<T2>.Read(a, 1, stop), HostArgument<T3>.Read(a, 2, stop)),
            HostArgument<T1>.Kind, HostArgument<T2>.Kind, HostArgument<T3>.Kind);
    }

    /// <summary>Adds a function with four parameters and no result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2, T3, T4>(string name, Action<T1, T2, T3, T4> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddAction(
            name,
            (a, stop) => function(
                HostArgument<T1>.Read(a, 0, stop), HostArgument<T2>.Read(a, 1, stop), HostArgument<T3>.Read(a, 2, stop),
                HostArgument<T4>.Read(a, 3, stop)),
            HostArgument<T1>.Kind, HostArgument<T2>.Kind, HostArgument<T3>.Kind, HostArgument<T4>.Kind);
    }

    /// <summary>Adds a function with five parameters and no result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2, T3, T4, T5>(string name, Action<T1, T2, T3, T4, T5> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddAction(
            name,
            (a, stop) => function(
                HostArgument<T1>.Read(a, 0, stop), HostArgument<T2>.Read(a, 1, stop), HostArgument<T3>.Read(a, 2, stop),
                HostArgument<T4>.Read(a, 3, stop), HostArgument<T5>.Read(a, 4, stop)),
            HostArgument<T1>.Kind, HostArgument<T2>.Kind, HostArgument<T3>.Kind, HostArgument<T4>.Kind,
            HostArgument<T5>.Kind);
    }

    /// <summary>Adds a function with six parameters and no result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2, T3, T4, T5, T6>(string name, Action<T1, T2, T3, T4, T5, T6> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddAction(
            name,
            (a, stop) => function(
                HostArgument<T1>.Read(a, 0, stop), HostArgument<T2>.Read(a, 1, stop), HostArgument<T3>.Read(a, 2, stop),
                HostArgument<T4>.Read(a, 3, stop), HostArgument<T5>.Read(a, 4, stop), HostArgument<T6>.Read(a, 5, stop)),
            HostArgument<T1>.Kind, HostArgument<T2>.Kind, HostArgument<T3>.Kind, HostArgument<T4>.Kind,
            HostArgument<T5>.Kind, HostArgument<T6>.Kind);
    }
}
