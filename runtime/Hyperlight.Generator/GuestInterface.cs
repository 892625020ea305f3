namespace Hyperlight.Generator;

/// <summary>
/// A guest interface. The record has texts and no symbols, so that it can be compared with the record of an earlier run of the generator.
/// </summary>
/// <param name="Namespace">The namespace as C# writes it; empty for the global namespace.</param>
/// <param name="Name">The name as C# writes it.</param>
/// <param name="Methods">The methods to implement; <c>null</c> if the interface has a problem.</param>
internal sealed record GuestInterface(string Namespace, string Name, EquatableArray<GuestMethod>? Methods);

/// <summary>A method that calls a function of the guest or, in a host interface, of the host.</summary>
/// <param name="Name">The name as C# writes it.</param>
/// <param name="Function">The name of the function.</param>
/// <param name="Parameters">The parameters that are passed to the function.</param>
/// <param name="Token">The name of the cancellation token, which is the last parameter; <c>null</c> if there is none.</param>
/// <param name="Result">The result of the function.</param>
/// <param name="Task">The type of the task that the method returns, without its result; <c>null</c> if the method is synchronous.</param>
/// <param name="Form">
/// The binary form; <c>null</c> if all types are those of the protocol, so that each parameter crosses by itself.
/// </param>
internal sealed record GuestMethod(
    string Name,
    string Function,
    EquatableArray<GuestParameter> Parameters,
    string? Token,
    WireType Result,
    string? Task,
    ValueForm? Form = null)
{
    /// <summary>The types of tasks.</summary>
    public const string TaskType = "global::System.Threading.Tasks.Task", ValueTaskType = "global::System.Threading.Tasks.ValueTask";

    /// <summary>Gets whether the method returns a task.</summary>
    public bool IsAsync => Task is not null;
}

/// <summary>A parameter that is passed to the function.</summary>
/// <param name="Name">The name as C# writes it.</param>
/// <param name="Type">The type.</param>
internal sealed record GuestParameter(string Name, WireType Type);
