using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator;

/// <summary>Reads the methods of a guest interface or of a host interface.</summary>
internal sealed class GuestMethodReader
{
    // The largest number of parameters that the function types of guest libraries have.
    private const int MaximumGuestParameterCount = 11;

    // The largest number of parameters of a delegate that HostFunctions takes, with the token.
    private const int MaximumHostParameterCount = 6;

    private const string AsyncSuffix = "Async";

    private readonly bool _isOfHost;
    private readonly IAssemblySymbol _user;
    private readonly List<Problem> _problems;

    /// <summary>Creates a reader.</summary>
    /// <param name="isOfHost">Whether the host serves the methods, and the guest calls them.</param>
    /// <param name="user">The assembly of the generated code.</param>
    /// <param name="problems">The list that problems are added to.</param>
    public GuestMethodReader(bool isOfHost, IAssemblySymbol user, List<Problem> problems)
    {
        _isOfHost = isOfHost;
        _user = user;
        _problems = problems;
    }

    /// <summary>Reads a method.</summary>
    /// <returns>The method; <c>null</c> if the method has a problem, which the reader has added to the problems or the compiler
    /// reports.</returns>
    public GuestMethod? Read(IMethodSymbol method)
    {
        int before = _problems.Count;
        string fullName = Identifiers.FullName(method);
        if (method.IsGenericMethod)
        {
            // The types of the method are type parameters: one message names the cause, and no message names each type.
            _problems.Add(Problem.At(method, TypedCallRules.Generic, fullName));
            return null;
        }

        ValueShapeReader shapes = new(_user);
        (WireType? result, string? task) = ReadResult(method, fullName, shapes);
        string? function = ReadFunctionName(method, fullName, task is not null);
        (List<GuestParameter> parameters, string? token) = ReadParameters(method, fullName, shapes);
        bool isPlain = result?.IsOfProtocol != false && parameters.All(parameter => parameter.Type.IsOfProtocol);
        CheckCount(method, fullName, isPlain, parameters.Count, token);
        bool isComplete = parameters.Count + (token is null ? 0 : 1) == method.Parameters.Length;
        return result is not null && function is not null && isComplete && _problems.Count == before
            ? new(
                Identifiers.Escape(method.Name),
                function,
                new(parameters),
                token,
                result,
                task,
                isPlain ? null : Form(fullName, function, parameters, result, shapes))
            : null;
    }

    private static ValueForm Form(
        string fullName, string function, List<GuestParameter> parameters, WireType result, ValueShapeReader shapes)
    {
        string[] types = [.. parameters.Select(parameter => parameter.Type.CSharp)];
        string? resultType = result == WireType.Void ? null : result.CSharp;
        ulong signature = Hash($"{function}{shapes.Describe(types, resultType)}");
        return new(fullName, signature, new(types), resultType, new(shapes.Shapes));
    }

    // FNV-1a over the characters. The hash finds mistakes; an attacker gains nothing from equal hashes, because every value is checked.
    private static ulong Hash(string text) =>
        text.Aggregate(0xCBF29CE484222325, (hash, letter) => unchecked((hash ^ letter) * 0x100000001B3));

    private void CheckCount(IMethodSymbol method, string fullName, bool isPlain, int count, string? token)
    {
        int found = _isOfHost && token is not null ? count + 1 : count;
        int allowed = _isOfHost ? MaximumHostParameterCount : MaximumGuestParameterCount;
        if (isPlain && found > allowed)
        {
            _problems.Add(Problem.At(method, TypedCallRules.TooManyParameters, fullName, $"{found}", $"{allowed}"));
        }
    }

    private (WireType? Result, string? Task) ReadResult(IMethodSymbol method, string fullName, ValueShapeReader shapes)
    {
        ITypeSymbol type = method.ReturnType;
        string? task = type.NullableAnnotation == NullableAnnotation.Annotated ? null
            : type.IsFromSystem("Threading.Tasks.Task") || type.IsFromSystem("Threading.Tasks.Task`1") ? GuestMethod.TaskType
            : type.IsFromSystem("Threading.Tasks.ValueTask") || type.IsFromSystem("Threading.Tasks.ValueTask`1") ? GuestMethod.ValueTaskType
            : null;
        ITypeSymbol? value = task is null ? type : ((INamedTypeSymbol)type).TypeArguments.FirstOrDefault();
        WireType? result = method.ReturnsByRef || method.ReturnsByRefReadonly ? null
            : method.ReturnsVoid || value is null ? WireType.Void
            : ReadType(value, shapes);
        if (result is null && !HasError(type))
        {
            string reference = method.ReturnsByRefReadonly ? "ref readonly " : method.ReturnsByRef ? "ref " : "";
            _problems.Add(shapes.Failure is { } failure
                ? Problem.At(method, failure.Rule, [$"The result of {fullName}", .. failure.Arguments])
                : Problem.At(method, TypedCallRules.ResultType, fullName, reference + Identifiers.TypeName(type)));
        }

        return (result, task);
    }

    private string? ReadFunctionName(IMethodSymbol method, string fullName, bool isAsync)
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
            bool hasSuffix = isAsync && name.Length > AsyncSuffix.Length && name.EndsWith(AsyncSuffix, StringComparison.Ordinal);
            string function = hasSuffix ? name.Substring(0, name.Length - AsyncSuffix.Length) : name;
            // All host interfaces share the names of one sandbox.
            return _isOfHost ? $"{method.ContainingType.Name}.{function}" : function;
        }

        TypedConstant argument = attribute.ConstructorArguments.FirstOrDefault();
        if (argument.Value is string { Length: > 0 } given)
        {
            return given;
        }

        // The compiler reports an argument that is no constant.
        if (argument.Kind == TypedConstantKind.Primitive)
        {
            _problems.Add(Problem.At(method, TypedCallRules.NoFunctionName, fullName));
        }

        return null;
    }

    private (List<GuestParameter> Parameters, string? Token) ReadParameters(
        IMethodSymbol method, string fullName, ValueShapeReader shapes)
    {
        List<GuestParameter> parameters = [];
        string? token = null;
        foreach (IParameterSymbol parameter in method.Parameters)
        {
            string name = Identifiers.Escape(parameter.Name);
            if (ModifierOf(parameter) is { } modifier)
            {
                _problems.Add(Problem.At(parameter, TypedCallRules.ParameterModifier, parameter.Name, fullName, modifier));
            }
            else if (parameter.Type.IsFromSystem("Threading.CancellationToken"))
            {
                if (parameter.Ordinal == method.Parameters.Length - 1)
                {
                    token = name;
                }
                else
                {
                    _problems.Add(Problem.At(parameter, TypedCallRules.TokenNotLast, parameter.Name, fullName));
                }
            }
            else if (ReadType(parameter.Type, shapes) is { } type)
            {
                parameters.Add(new(name, type));
            }
            else if (!HasError(parameter.Type))
            {
                _problems.Add(shapes.Failure is { } failure
                    ? Problem.At(parameter, failure.Rule, [$"Parameter {parameter.Name} of {fullName}", .. failure.Arguments])
                    : Problem.At(
                        parameter, TypedCallRules.ParameterType, parameter.Name, fullName, Identifiers.TypeName(parameter.Type)));
            }
        }

        return (parameters, token);
    }

    private static WireType? ReadType(ITypeSymbol type, ValueShapeReader shapes) =>
        shapes.Read(type) is not { } shape ? null : WireType.Of(type) ?? new(shape.CSharp, Identifiers.TypeName(type), IsOfProtocol: false);

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
        type.TypeKind == TypeKind.Error
        || (type is IArrayTypeSymbol array && HasError(array.ElementType))
        || (type is INamedTypeSymbol named && named.TypeArguments.Any(HasError));
}
