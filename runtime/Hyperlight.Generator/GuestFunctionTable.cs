namespace Hyperlight.Generator;

/// <summary>
/// The functions of the guest that an interface calls. Several methods can call one function, for example with and without a task, if they
/// agree on its types.
/// </summary>
internal sealed class GuestFunctionTable
{
    private readonly Dictionary<string, GuestMethod> _functions = new(StringComparer.Ordinal);

    /// <summary>Adds a method.</summary>
    /// <param name="place">The place of a problem.</param>
    /// <param name="fullName">The method with its interface, for messages.</param>
    /// <param name="method">The method.</param>
    /// <param name="problems">The list that a problem is added to.</param>
    public void Add(SourcePlace place, string fullName, GuestMethod method, List<Problem> problems)
    {
        if (!_functions.TryGetValue(method.Function, out GuestMethod first))
        {
            _functions.Add(method.Function, method);
        }
        else if (Signature(first) != Signature(method))
        {
            problems.Add(new(TypedCallRules.Overload, place, new([fullName, Signature(method), Signature(first)])));
        }
    }

    private static string Signature(GuestMethod method) =>
        method.Form is null ? Types(method) : $"{Types(method)} in the binary form {method.Form.Signature:X16}";

    private static string Types(GuestMethod method) =>
        $"{method.Function}({string.Join(", ", method.Parameters.Select(parameter => parameter.Type.Wire))}) -> {method.Result.Wire}";
}
