using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator;

/// <summary>The guest's functions that an interface calls. Several methods may call one, say with and without a task, as long as they agree on its types.</summary>
internal sealed class GuestFunctionTable
{
    private readonly Dictionary<string, GuestMethod> _functions = new(StringComparer.Ordinal);

    public void Add(IMethodSymbol symbol, GuestMethod method, List<Problem> problems)
    {
        if (!_functions.TryGetValue(method.Function, out GuestMethod first))
        {
            _functions.Add(method.Function, method);
        }
        else if (Signature(first) != Signature(method))
        {
            problems.Add(Problem.At(symbol, TypedCallRules.Overload, Identifiers.FullName(symbol), Signature(method), Signature(first)));
        }
    }

    private static string Signature(GuestMethod method) =>
        $"{method.Function}({string.Join(", ", method.Parameters.Select(parameter => parameter.Type.Wire))}) -> {method.Result.Wire}";
}
