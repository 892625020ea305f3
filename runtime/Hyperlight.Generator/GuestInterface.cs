namespace Hyperlight.Generator;

/// <summary>An interface to implement. Holds text only, no symbol: so it can be compared with what an earlier run of the generator read.</summary>
/// <param name="Namespace">Its namespace as C# writes it, empty for none.</param>
/// <param name="Name">Its name as C# writes it.</param>
/// <param name="Methods">What to implement; null when something is wrong with it.</param>
internal sealed record GuestInterface(string Namespace, string Name, EquatableArray<GuestMethod>? Methods);

/// <summary>A method that calls a function of the guest.</summary>
/// <param name="Name">Its name as C# writes it.</param>
/// <param name="Function">The guest's name for the function.</param>
/// <param name="Parameters">What is passed to the guest.</param>
/// <param name="Token">The name of the last parameter if that is a cancellation token, else null.</param>
/// <param name="Result">What the function returns.</param>
/// <param name="IsAsync">Whether the method returns a task of that.</param>
internal sealed record GuestMethod(
    string Name, string Function, EquatableArray<GuestParameter> Parameters, string? Token, WireType Result, bool IsAsync);

/// <summary>A parameter that is passed to the guest.</summary>
/// <param name="Name">Its name as C# writes it.</param>
/// <param name="Type">Its type.</param>
internal sealed record GuestParameter(string Name, WireType Type);
