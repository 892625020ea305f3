namespace Hyperlight;

// The overloads for ordinary delegates. Each wraps its delegate once; a call converts the values without allocating.
public sealed partial class HostFunctions
{
    /// <summary>Adds a function with no parameters and a result.</summary>
    /// <param name="name">The name the guest calls. Every name can be added once; <c>HostPrint</c> replaces the one that is there by default.</param>
    /// <param name="function">The function. Its types are those of the protocol: int, uint, long, ulong, float, double, string, bool, byte[],
    /// ReadOnlyMemory&lt;byte&gt;, or <see cref="GuestValue"/> for any.</param>
    /// <returns>This object, for the next function.</returns>
    /// <exception cref="ArgumentException">The name is empty or taken.</exception>
    /// <exception cref="NotSupportedException">A type is not one of the protocol.</exception>
    public HostFunctions Add<TResult>(string name, Func<TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction(name, a => GuestType<TResult>.ToGuest(function()), GuestType<TResult>.Kind);
    }

    /// <summary>Adds a function with a parameter and a result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T, TResult>(string name, Func<T, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction(name, a => GuestType<TResult>.ToGuest(function(GuestType<T>.FromGuest(a[0]))), GuestType<TResult>.Kind, GuestType<T>.Kind);
    }

    /// <summary>Adds a function with two parameters and a result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2, TResult>(string name, Func<T1, T2, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction(name, a => GuestType<TResult>.ToGuest(function(GuestType<T1>.FromGuest(a[0]), GuestType<T2>.FromGuest(a[1]))), GuestType<TResult>.Kind, GuestType<T1>.Kind, GuestType<T2>.Kind);
    }

    /// <summary>Adds a function with three parameters and a result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2, T3, TResult>(string name, Func<T1, T2, T3, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction(name, a => GuestType<TResult>.ToGuest(function(GuestType<T1>.FromGuest(a[0]), GuestType<T2>.FromGuest(a[1]), GuestType<T3>.FromGuest(a[2]))), GuestType<TResult>.Kind, GuestType<T1>.Kind, GuestType<T2>.Kind, GuestType<T3>.Kind);
    }

    /// <summary>Adds a function with four parameters and a result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2, T3, T4, TResult>(string name, Func<T1, T2, T3, T4, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction(name, a => GuestType<TResult>.ToGuest(function(GuestType<T1>.FromGuest(a[0]), GuestType<T2>.FromGuest(a[1]), GuestType<T3>.FromGuest(a[2]), GuestType<T4>.FromGuest(a[3]))), GuestType<TResult>.Kind, GuestType<T1>.Kind, GuestType<T2>.Kind, GuestType<T3>.Kind, GuestType<T4>.Kind);
    }

    /// <summary>Adds a function with five parameters and a result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2, T3, T4, T5, TResult>(string name, Func<T1, T2, T3, T4, T5, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction(name, a => GuestType<TResult>.ToGuest(function(GuestType<T1>.FromGuest(a[0]), GuestType<T2>.FromGuest(a[1]), GuestType<T3>.FromGuest(a[2]), GuestType<T4>.FromGuest(a[3]), GuestType<T5>.FromGuest(a[4]))), GuestType<TResult>.Kind, GuestType<T1>.Kind, GuestType<T2>.Kind, GuestType<T3>.Kind, GuestType<T4>.Kind, GuestType<T5>.Kind);
    }

    /// <summary>Adds a function with six parameters and a result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2, T3, T4, T5, T6, TResult>(string name, Func<T1, T2, T3, T4, T5, T6, TResult> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction(name, a => GuestType<TResult>.ToGuest(function(GuestType<T1>.FromGuest(a[0]), GuestType<T2>.FromGuest(a[1]), GuestType<T3>.FromGuest(a[2]), GuestType<T4>.FromGuest(a[3]), GuestType<T5>.FromGuest(a[4]), GuestType<T6>.FromGuest(a[5]))), GuestType<TResult>.Kind, GuestType<T1>.Kind, GuestType<T2>.Kind, GuestType<T3>.Kind, GuestType<T4>.Kind, GuestType<T5>.Kind, GuestType<T6>.Kind);
    }

    /// <summary>Adds a function with no parameters and no result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add(string name, Action function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction(
            name,
            a =>
            {
                function();
                return GuestValue.Void;
            },
            GuestValueKind.Void);
    }

    /// <summary>Adds a function with a parameter and no result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T>(string name, Action<T> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction(
            name,
            a =>
            {
                function(GuestType<T>.FromGuest(a[0]));
                return GuestValue.Void;
            },
            GuestValueKind.Void, GuestType<T>.Kind);
    }

    /// <summary>Adds a function with two parameters and no result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2>(string name, Action<T1, T2> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction(
            name,
            a =>
            {
                function(GuestType<T1>.FromGuest(a[0]), GuestType<T2>.FromGuest(a[1]));
                return GuestValue.Void;
            },
            GuestValueKind.Void, GuestType<T1>.Kind, GuestType<T2>.Kind);
    }

    /// <summary>Adds a function with three parameters and no result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2, T3>(string name, Action<T1, T2, T3> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction(
            name,
            a =>
            {
                function(GuestType<T1>.FromGuest(a[0]), GuestType<T2>.FromGuest(a[1]), GuestType<T3>.FromGuest(a[2]));
                return GuestValue.Void;
            },
            GuestValueKind.Void, GuestType<T1>.Kind, GuestType<T2>.Kind, GuestType<T3>.Kind);
    }

    /// <summary>Adds a function with four parameters and no result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2, T3, T4>(string name, Action<T1, T2, T3, T4> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction(
            name,
            a =>
            {
                function(GuestType<T1>.FromGuest(a[0]), GuestType<T2>.FromGuest(a[1]), GuestType<T3>.FromGuest(a[2]), GuestType<T4>.FromGuest(a[3]));
                return GuestValue.Void;
            },
            GuestValueKind.Void, GuestType<T1>.Kind, GuestType<T2>.Kind, GuestType<T3>.Kind, GuestType<T4>.Kind);
    }

    /// <summary>Adds a function with five parameters and no result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2, T3, T4, T5>(string name, Action<T1, T2, T3, T4, T5> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction(
            name,
            a =>
            {
                function(GuestType<T1>.FromGuest(a[0]), GuestType<T2>.FromGuest(a[1]), GuestType<T3>.FromGuest(a[2]), GuestType<T4>.FromGuest(a[3]), GuestType<T5>.FromGuest(a[4]));
                return GuestValue.Void;
            },
            GuestValueKind.Void, GuestType<T1>.Kind, GuestType<T2>.Kind, GuestType<T3>.Kind, GuestType<T4>.Kind, GuestType<T5>.Kind);
    }

    /// <summary>Adds a function with six parameters and no result.</summary>
    /// <inheritdoc cref="Add{TResult}(string, Func{TResult})"/>
    public HostFunctions Add<T1, T2, T3, T4, T5, T6>(string name, Action<T1, T2, T3, T4, T5, T6> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return AddFunction(
            name,
            a =>
            {
                function(GuestType<T1>.FromGuest(a[0]), GuestType<T2>.FromGuest(a[1]), GuestType<T3>.FromGuest(a[2]), GuestType<T4>.FromGuest(a[3]), GuestType<T5>.FromGuest(a[4]), GuestType<T6>.FromGuest(a[5]));
                return GuestValue.Void;
            },
            GuestValueKind.Void, GuestType<T1>.Kind, GuestType<T2>.Kind, GuestType<T3>.Kind, GuestType<T4>.Kind, GuestType<T5>.Kind, GuestType<T6>.Kind);
    }
}
