using System.Collections.Immutable;

namespace Hyperlight;

/// <summary>
/// The functions of the host that a guest may call, by name. They run on the thread that called into the guest, while that call waits. When one
/// throws, the guest gets error 17 and an identifier; <see cref="SandboxOptions.Logger"/> gets the exception with the same identifier. Only the message
/// of a <see cref="GuestVisibleException"/> reaches the guest. The sandbox stays usable.
/// </summary>
public sealed partial class HostFunctions
{
    private readonly Dictionary<string, HostFunction> _functions = new(StringComparer.Ordinal);

    internal HostFunctions()
    {
    }

    /// <summary>The names added so far.</summary>
    public IReadOnlyCollection<string> Names => _functions.Keys;

    /// <summary>Adds a function whose types are only known at run time.</summary>
    /// <param name="name">The name the guest calls.</param>
    /// <param name="parameterTypes">The types of its parameters; a call with others is refused.</param>
    /// <param name="returnType">The type of its result.</param>
    /// <param name="handler">The function.</param>
    /// <exception cref="ArgumentException">The name is empty or taken, or a parameter is of no type.</exception>
    public HostFunctions Add(string name, IEnumerable<GuestValueKind> parameterTypes, GuestValueKind returnType, HostFunctionHandler handler)
    {
        ArgumentNullException.ThrowIfNull(parameterTypes);
        ArgumentNullException.ThrowIfNull(handler);
        GuestValueKind?[] parameters = [.. parameterTypes];
        return parameters.All(kind => kind is > GuestValueKind.Void and <= GuestValueKind.Bytes)
            ? AddFunction(name, handler, returnType, parameters)
            : throw new ArgumentException("A parameter has one of the types Int to Bytes.", nameof(parameterTypes));
    }

    /// <summary>Gets the functions added so far, by their names.</summary>
    internal ImmutableSortedDictionary<string, HostFunction> ToImmutable() => _functions.ToImmutableSortedDictionary(StringComparer.Ordinal);

    private HostFunctions AddFunction(string name, HostFunctionHandler handler, GuestValueKind? returnType, params GuestValueKind?[] parameters)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!_functions.TryAdd(name, new(parameters, returnType, handler)))
        {
            throw new ArgumentException($"A host function {name} has already been added.", nameof(name));
        }

        return this;
    }
}
