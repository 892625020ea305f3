namespace Hyperlight;

/// <summary>Names the function of the guest that a method of a <see cref="GuestInterfaceAttribute">guest interface</see> calls, where that is not the method's own name.</summary>
/// <param name="name">The guest's name for it, as it is: no suffix is dropped.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GuestFunctionAttribute(string name) : Attribute
{
    /// <summary>The guest's name for the function.</summary>
    public string Name { get; } = name;
}
