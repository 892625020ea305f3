namespace Hyperlight;

/// <summary>
/// Marks a class of a C# guest that implements guest interfaces. The guest creates one object of the class at its start, and the methods
/// of these interfaces are the functions that the host can call.
/// </summary>
/// <remarks>
/// The class has one constructor. Its parameters are <see cref="HostInterfaceAttribute">host interfaces</see>; the guest passes objects
/// that call the host. Other code of the guest gets such an object from <c>Hyperlight.Guest.Host.Get</c>.
/// A parameter of type <see cref="CancellationToken"/> is <see cref="CancellationToken.None"/> in the guest: the token of the host ends the
/// whole call, with all code of the guest that runs in it, and the sandbox has to be restored.
/// </remarks>
[AttributeUsage(AttributeTargets.Class)]
public sealed class GuestExportAttribute : Attribute;
