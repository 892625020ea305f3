using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator;

/// <summary>Reads a method of a guest interface.</summary>
internal static class GuestMethodReader
{
    // The largest number of parameters that the function types of guest libraries have.
    private const int MaximumParameterCount = 11;

    private const string AsyncSuffix = "Async";

    /// <summary>Reads a method.</summary>
    /// <returns>The method; <c>null</c> if the method has a problem, which the reader has added to the problems or the compiler
    /// reports.</returns>
    public static GuestMethod? Read(IMethodSymbol method, List<Problem> problems)
    {
        int before = problems.Count;
        string fullName = Identifiers.FullName(method);
        if (method.IsGenericMethod)
        {
            // The types of the method are type parameters: one message names the cause, and no message names each type.
            problems.Add(Problem.At(method, TypedCallRules.Generic, fullName));
            return null;
        }

        (WireType? result, bool isAsync) = ReadResult(method, fullName, problems);
        string? function = ReadFunctionName(method, fullName, isAsync, problems);
        (List<GuestParameter> parameters, string? token) = ReadParameters(method, fullName, problems);
        bool isComplete = parameters.Count + (token is null ? 0 : 1) == method.Parameters.Length;
        if (parameters.Count > MaximumParameterCount)
        {
            problems.Add(Problem.At(
                method, TypedCallRules.TooManyParameters, fullName, $"{parameters.Count}", $"{MaximumParameterCount}"));
        }

        return result is not null && function is not null && isComplete && problems.Count == before
            ? new(Identifiers.Escape(method.Name), function, new(parameters), token, result, isAsync)
            : null;
    }

    private static (WireType? Result, bool IsAsync) ReadResult(IMethodSymbol method, string fullName, List<Problem> problems)
    {
        ITypeSymbol type = method.ReturnType;
        bool mayBeNull = type.NullableAnnotation == NullableAnnotation.Annotated;
        bool isTask = !mayBeNull && type.IsFromSystem("Threading.Tasks.Task");
        bool isTaskOfResult = !mayBeNull && type.IsFromSystem("Threading.Tasks.Task`1");
        WireType? result = method.ReturnsByRef || method.ReturnsByRefReadonly ? null
            : method.ReturnsVoid || isTask ? WireType.Void
            : WireType.Of(isTaskOfResult ? ((INamedTypeSymbol)type).TypeArguments[0] : type);
        if (result is null && !HasError(type))
        {
            string reference = method.ReturnsByRefReadonly ? "ref readonly " : method.ReturnsByRef ? "ref " : "";
            problems.Add(Problem.At(method, TypedCallRules.ResultType, fullName, reference + Identifiers.TypeName(type)));
        }

        return (result, isTask || isTaskOfResult);
    }

    private static string? ReadFunctionName(IMethodSymbol method, string fullName, bool isAsync, List<Problem> problems)
    {
        AttributeData? attribute = method.GetAttributes().FirstOrDefault(
            candidate => candidate.AttributeClass is
            {
                Name: "GuestFunctionAttribute",
                ContainingNamespace: { Name: "Hyperlight", ContainingNamespace.IsGlobalNamespace: true },
            });
        if (attribute is null)
        {
            string name = method.Name;
            return isAsync && name.Length > AsyncSuffix.Length && name.EndsWith(AsyncSuffix, StringComparison.Ordinal)
                ? name.Substring(0, name.Length - AsyncSuffix.Length)
                : name;
        }

        TypedConstant argument = attribute.ConstructorArguments.FirstOrDefault();
        if (argument.Value is string { Length: > 0 } given)
        {
            return given;
        }

        // The compiler reports an argument that is no constant.
        if (argument.Kind == TypedConstantKind.Primitive)
        {
            problems.Add(Problem.At(method, TypedCallRules.NoFunctionName, fullName));
        }

        return null;
    }

    private static (List<GuestParameter> Parameters, string? Token) ReadParameters(
        IMethodSymbol method, string fullName, List<Problem> problems)
    {
        List<GuestParameter> parameters = [];
        string? token = null;
        foreach (IParameterSymbol parameter in method.Parameters)
        {
            string name = Identifiers.Escape(parameter.Name);
            if (ModifierOf(parameter) is { } modifier)
            {
                problems.Add(Problem.At(parameter, TypedCallRules.ParameterModifier, parameter.Name, fullName, modifier));
            }
            else if (parameter.Type.IsFromSystem("Threading.CancellationToken"))
            {
                if (parameter.Ordinal == method.Parameters.Length - 1)
                {
                    token = name;
                }
                else
                {
                    problems.Add(Problem.At(parameter, TypedCallRules.TokenNotLast, parameter.Name, fullName));
                }
            }
            else if (WireType.Of(parameter.Type) is { } type)
            {
                parameters.Add(new(name, type));
            }
            else if (!HasError(parameter.Type))
            {
                problems.Add(Problem.At(
                    parameter, TypedCallRules.ParameterType, parameter.Name, fullName, Identifiers.TypeName(parameter.Type)));
            }
        }

        return (parameters, token);
    }

    private static string? ModifierOf(IParameterSymbol parameter) => parameter switch
    {
        { IsParams: true } => "params",
        { RefKind: RefKind.Ref } => "ref",
        { RefKind: RefKind.Out } => "out",
        { RefKind: RefKind.In } => "in",
        { RefKind: RefKind.RefReadOnlyParameter } => "ref readonly",
        _ => null,
    };

    // The compiler reports a type that does not exist.
    private static bool HasError(ITypeSymbol type) =>
        type.TypeKind == TypeKind.Error || (type is INamedTypeSymbol named && named.TypeArguments.Any(HasError));
}
