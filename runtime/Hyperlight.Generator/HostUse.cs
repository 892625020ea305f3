using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hyperlight.Generator;

/// <summary>A host interface that code of a guest uses, which needs a class that calls the host.</summary>
/// <param name="Host">The interface; <c>null</c> if it has a problem.</param>
/// <param name="Problems">The problems, which a use reports if the interface is not of the guest's project.</param>
internal sealed record HostUse(GuestInterface? Host, EquatableArray<Problem> Problems)
{
    private const string Method = "Get", Class = "Hyperlight.Guest.Host";

    /// <summary>Gets the use of an interface.</summary>
    /// <param name="type">The interface, which has the attribute.</param>
    /// <param name="place">The place of the use.</param>
    /// <param name="user">The assembly of the generated code.</param>
    /// <param name="cancellationToken">The token that stops the reading.</param>
    public static HostUse Of(INamedTypeSymbol type, SourcePlace place, IAssemblySymbol user, CancellationToken cancellationToken)
    {
        List<Problem> problems = [];
        GuestInterface host = GuestInterfaceReader.ReadHost(type, user, problems, cancellationToken);
        return new(
            problems.Count == 0 && host.Methods is not null ? host : null,
            new(Problem.AtUse(problems, type, place, user)));
    }

    /// <summary>Gets whether code may be a use.</summary>
    public static bool MayBe(SyntaxNode node) =>
        node is GenericNameSyntax { Identifier.ValueText: Method, TypeArgumentList.Arguments.Count: 1 };

    /// <summary>Gets the use of an interface by <c>Host.Get</c>; <c>null</c> if the code calls another method.</summary>
    public static HostUse? Of(GeneratorSyntaxContext context, CancellationToken cancellationToken)
    {
        SymbolInfo found = context.SemanticModel.GetSymbolInfo(context.Node, cancellationToken);
        if (found.Symbol is not IMethodSymbol { TypeArguments.Length: 1 } method || method.ContainingType.ToDisplayString() != Class)
        {
            return null;
        }

        ITypeSymbol type = method.TypeArguments[0];
        SourcePlace place = SourcePlace.Of(((GenericNameSyntax)context.Node).TypeArgumentList.Arguments[0].GetLocation());
        return type is INamedTypeSymbol host && Sides.IsHostInterface(host)
            ? Of(host, place, context.SemanticModel.Compilation.Assembly, cancellationToken)
            : type.TypeKind == TypeKind.Error
                ? null
                : new(null, new([new(TypedCallRules.NoHostInterface, place, new([Identifiers.TypeName(type)]))]));
    }
}
