using System.Collections.Immutable;
using Hyperlight.Functions;

namespace Hyperlight;

/// <summary>
/// The functions of the host that a guest can call, by name. A function runs on the thread that called into the guest, which waits for the
/// function. If a function throws, the guest receives error 17 and an identifier, <see cref="SandboxOptions.Logger"/> receives the
/// exception with the same identifier, and the sandbox stays usable. Only the message of a <see cref="GuestVisibleException"/> reaches the
/// guest.
/// </summary>
/// <remarks>
/// <para>
/// Any number of sandboxes may have the same object. A sandbox has the functions that were added before its creation. Adding functions is
/// not safe while another thread creates a sandbox with the object.
/// </para>
/// <para>
/// If a function returns a task, the thread of the call waits until the task is complete or the call is stopped: by its timeout, its token,
/// or the disposal of the sandbox. A call that is stopped ends at once and poisons the sandbox; the task goes on, and its result is
/// dropped. Such a function runs without a <see cref="SynchronizationContext"/> and on the default scheduler, so that code after an
/// <c>await</c> runs on the thread pool. A program with many such calls at once uses
/// <see cref="Sandbox.CallAsync{T}(string, ReadOnlySpan{GuestValue})"/>, which takes no thread of the pool.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// using HttpClient http = new();
/// using Sandbox sandbox = Guests.Hello.CreateSandbox(options =&gt; options.HostFunctions
///     .Add("Now", () =&gt; DateTime.UtcNow.ToString("O"))
///     .Add("Log", (string text) =&gt; Console.WriteLine(text))
///     .Add("Fetch", async (string page, CancellationToken stop) =&gt;
///         await http.GetByteArrayAsync(new Uri("https://example.org/" + page), stop)));
/// </code>
/// </example>
public sealed partial class HostFunctions
{
    private Dictionary<string, HostFunction> _functions = new(StringComparer.Ordinal);
    private bool _isFrozen;

    /// <summary>Gets the names that have been added.</summary>
    public IReadOnlyCollection<string> Names => _functions.Keys;

    /// <summary>Adds a function whose types are known at run time only.</summary>
    /// <param name="name">The name that the guest calls.</param>
    /// <param name="parameterTypes">The types of the parameters. A call with other types is refused.</param>
    /// <param name="returnType">The type of the result.</param>
    /// <param name="handler">The function.</param>
    /// <returns>This object, for the next function.</returns>
    /// <exception cref="ArgumentException">The name is empty, reserved or already added, or a parameter has no type.</exception>
    public HostFunctions Add(
        string name, IEnumerable<GuestValueKind> parameterTypes, GuestValueKind returnType, HostFunctionHandler handler)
    {
        ArgumentNullException.ThrowIfNull(parameterTypes);
        ArgumentNullException.ThrowIfNull(handler);
        GuestValueKind?[] parameters = [.. parameterTypes];
        return parameters.All(kind => kind is > GuestValueKind.Void and <= GuestValueKind.Bytes)
            ? AddFunction(name, new(parameters, returnType, (arguments, _) => handler(arguments)))
            : throw new ArgumentException("A parameter must have one of the types Int to Bytes.", nameof(parameterTypes));
    }

    /// <summary>
    /// Gets the functions added so far, by their names. Nobody changes the result: if another function is added, this object goes on with a
    /// copy.
    /// </summary>
    internal Dictionary<string, HostFunction> Freeze()
    {
        _isFrozen = true;
        return _functions;
    }

    private HostFunctions AddFunction<TResult>(string name, HostFunctionBody body, params GuestValueKind?[] parameters) =>
        AddFunction(name, new(Passed(name, parameters), HostResult<TResult>.Kind, body, HostResult<TResult>.IsTask));

    private HostFunctions AddAction(string name, HostActionBody body, params GuestValueKind?[] parameters) =>
        AddFunction(name, new(Passed(name, parameters), GuestValueKind.Void, (arguments, stop) =>
        {
            body(arguments, stop);
            return GuestValue.Void;
        }));

    private HostFunctions AddFunction(string name, HostFunction function)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (BuiltInFunctions.Names.Contains(name))
        {
            throw new ArgumentException(
                $"{name} is a function that every sandbox offers, and cannot be replaced: add yours under another name.", nameof(name));
        }

        if (_isFrozen)
        {
            (_functions, _isFrozen) = (new(_functions, StringComparer.Ordinal), false);
        }

        return _functions.TryAdd(name, function)
            ? this
            : throw new ArgumentException($"A host function {name} has already been added.", nameof(name));
    }

    /// <summary>Gets the types of the parameters that the guest passes: all but a token at the end.</summary>
    private static GuestValueKind?[] Passed(string name, GuestValueKind?[] parameters)
    {
        GuestValueKind?[] passed = parameters is [.. var others, GuestValueKind.Void] ? others : parameters;
        return passed.Contains(GuestValueKind.Void)
            ? throw new ArgumentException($"{name} has a CancellationToken before its last parameter: put the token last.", nameof(name))
            : passed;
    }
}
