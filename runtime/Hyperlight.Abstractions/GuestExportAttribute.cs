namespace Hyperlight;

/// <summary>
/// Marks a class of a C# guest that implements guest interfaces. The guest creates one object of the class at its start, and the methods
/// of these interfaces are the functions that the host can call.
/// </summary>
/// <remarks>
/// The class has one constructor. Its parameters are <see cref="HostInterfaceAttribute">host interfaces</see>; the guest passes objects
/// that call the host.
/// </remarks>
[AttributeUsage(AttributeTargets.Class)]
public sealed class GuestExportAttribute : Attribute;
