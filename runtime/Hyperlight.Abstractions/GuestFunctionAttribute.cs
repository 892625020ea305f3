namespace Hyperlight;

/// <summary>
/// Names the function of the guest that a method of a <see cref="GuestInterfaceAttribute">guest interface</see> calls, if the function and
/// the method have different names.
/// </summary>
/// <param name="name">The name of the guest's function, exactly as the guest has it: a suffix <c>Async</c> belongs to the name.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GuestFunctionAttribute(string name) : Attribute
{
    /// <summary>Gets the name of the guest's function.</summary>
    public string Name { get; } = name;
}
