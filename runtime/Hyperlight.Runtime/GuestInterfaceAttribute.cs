namespace Hyperlight;

/// <summary>
/// Marks a partial interface whose methods are functions of a guest. The compiler generates its implementation, and a static method <c>For</c> that
/// gives it for a <see cref="Sandbox"/>: <c>ICalculator.For(sandbox).Add(20, 22)</c>. What cannot cross between host and guest is an error
/// HL6xxx when the interface is compiled.
/// </summary>
/// <remarks>
/// A method calls the function of its name; where it returns a <see cref="Task"/>, a suffix Async is not part of the name. Parameters are int, uint, long, ulong,
/// float, double, string, bool, byte[] or ReadOnlyMemory&lt;byte&gt;, at most eleven; results are the same, void, or a task of these. A
/// last parameter of type <see cref="CancellationToken"/> stops the call and is not passed on. Methods with a body are left alone.
/// </remarks>
[AttributeUsage(AttributeTargets.Interface)]
public sealed class GuestInterfaceAttribute : Attribute;
