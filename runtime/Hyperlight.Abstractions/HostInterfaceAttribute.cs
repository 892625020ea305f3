namespace Hyperlight;

/// <summary>
/// Marks an interface whose methods are functions of the host. The host implements the interface; a guest in C# receives an implementation
/// that calls the host. A type that cannot cross between host and guest is an error HL6xxx at compile time.
/// </summary>
/// <remarks>
/// A method is the host function of its name. If the method returns a <see cref="Task"/>, a suffix <c>Async</c> does not belong to the
/// name. A last parameter of type <see cref="CancellationToken"/> is cancelled for the host when the call of the guest is stopped; the
/// token that the guest passes is looked at once, before the call. A method has at most six parameters of the types that a
/// <see cref="GuestInterfaceAttribute">guest interface</see> has.
/// </remarks>
[AttributeUsage(AttributeTargets.Interface)]
public sealed class HostInterfaceAttribute : Attribute;
