namespace Hyperlight;

/// <summary>
/// Marks a partial interface whose methods are functions of a guest. The compiler generates the implementation, and a static method
/// <c>For</c> that returns the implementation for a sandbox. A type that cannot cross between host and guest is an error
/// HL6xxx at compile time.
/// </summary>
/// <remarks>
/// A method calls the function of its name. If the method returns a <see cref="Task"/>, a suffix <c>Async</c> does not belong to the name.
/// A method has at most eleven parameters of the types int, uint, long, ulong, float, double, string, bool, byte[] and
/// ReadOnlyMemory&lt;byte&gt;, or any number of parameters if one of them has another type. The other types need a guest in C#: all other
/// numbers, char, times, Guid, enums, records, classes and structs of the program, and arrays, lists, dictionaries and nullable forms of
/// these. The result has such a type, is void, or is a task of these. A last parameter of type <see cref="CancellationToken"/> stops the
/// call, and the guest does not receive it. Methods with a body are left as they are.
/// </remarks>
/// <example>
/// <code>
/// using Sandbox sandbox = Guests.Hello.CreateSandbox();
/// ICalculator calculator = ICalculator.For(sandbox);
/// Console.WriteLine(calculator.Add(20, 22));
/// Console.WriteLine(await calculator.FactorialAsync(20, CancellationToken.None)); // the guest's function is "Factorial"
///
/// [GuestInterface]
/// internal partial interface ICalculator
/// {
///     int Add(int left, int right);
///
///     Task&lt;long&gt; FactorialAsync(int number, CancellationToken cancellationToken);
/// }
/// </code>
/// </example>
[AttributeUsage(AttributeTargets.Interface)]
public sealed class GuestInterfaceAttribute : Attribute;
