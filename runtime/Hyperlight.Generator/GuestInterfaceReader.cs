using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hyperlight.Generator;

/// <summary>Reads a guest interface and finds all of its problems.</summary>
internal static class GuestInterfaceReader
{
    // The first version of C# with init-only properties, which the options of a call have. Before C# 13 a call allocates an array for its
    // arguments.
    private const LanguageVersion OldestLanguage = LanguageVersion.CSharp9;

    // The first version of C# with static members of interfaces, such as the generated method.
    private const LanguageVersion OldestLanguageForParts = LanguageVersion.CSharp8;

    private static readonly SymbolDisplayFormat NamespaceFormat =
        SymbolDisplayFormat.FullyQualifiedFormat.WithGlobalNamespaceStyle(SymbolDisplayGlobalNamespaceStyle.Omitted);

    /// <summary>Reads the interface that has an attribute.</summary>
    /// <returns>
    /// The interface and its problems; <c>null</c> if the attribute is a second one on another part of the interface, which is an error of
    /// the compiler.
    /// </returns>
    public static GuestInterfaceReading? Read(GeneratorAttributeSyntaxContext context, CancellationToken cancellationToken)
    {
        var type = (INamedTypeSymbol)context.TargetSymbol;
        var declaration = (InterfaceDeclarationSyntax)context.TargetNode;
        if (!IsFirst(context, cancellationToken))
        {
            return null;
        }

        Compilation compilation = context.SemanticModel.Compilation;
        List<Problem> problems = [.. WhatKeepsPartsOut(type, declaration, Sides.IsHost(compilation))];
        bool takesParts = problems.Count == 0
            && Sides.IsHost(compilation)
            && declaration.SyntaxTree.Options is not CSharpParseOptions { LanguageVersion: < OldestLanguageForParts };
        if (declaration.SyntaxTree.Options is CSharpParseOptions { LanguageVersion: < OldestLanguage and var version })
        {
            problems.Add(Problem.At(
                type, TypedCallRules.LanguageTooOld, version.ToDisplayString(), type.Name, OldestLanguage.ToDisplayString()));
        }

        GuestInterface found = ReadMembers(type, isOfHost: false, compilation.Assembly, problems, cancellationToken);
        return new(takesParts ? found : null, new(problems));
    }

    /// <summary>Reads a host interface that has an attribute.</summary>
    /// <inheritdoc cref="Read"/>
    public static GuestInterfaceReading? ReadOfHost(GeneratorAttributeSyntaxContext context, CancellationToken cancellationToken)
    {
        var type = (INamedTypeSymbol)context.TargetSymbol;
        if (!IsFirst(context, cancellationToken))
        {
            return null;
        }

        Compilation compilation = context.SemanticModel.Compilation;
        List<Problem> problems = [];
        GuestInterface found = ReadHost(type, compilation.Assembly, problems, cancellationToken);
        return new(Sides.IsHost(compilation) && !WhatHidesIt(type).Any() ? found : null, new(problems));
    }

    /// <summary>Reads a host interface and all of its problems.</summary>
    /// <inheritdoc cref="ReadMembers"/>
    public static GuestInterface ReadHost(
        INamedTypeSymbol type, IAssemblySymbol user, List<Problem> problems, CancellationToken cancellationToken)
    {
        problems.AddRange(WhatHidesIt(type));
        return ReadMembers(type, isOfHost: true, user, problems, cancellationToken);
    }

    /// <summary>Reads the methods of an interface.</summary>
    /// <param name="type">The interface.</param>
    /// <param name="isOfHost">Whether the host serves the methods, and the guest calls them.</param>
    /// <param name="user">The assembly of the generated code.</param>
    /// <param name="problems">The list that problems are added to. The result has no methods if the list is not empty.</param>
    /// <param name="cancellationToken">The token that stops the reading.</param>
    public static GuestInterface ReadMembers(
        INamedTypeSymbol type, bool isOfHost, IAssemblySymbol user, List<Problem> problems, CancellationToken cancellationToken)
    {
        problems.AddRange(type.Interfaces
            .Where(extended => extended.TypeKind != TypeKind.Error)
            .Select(extended => Problem.At(
                type, TypedCallRules.Extends, type.Name, extended.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat))));
        bool isComplete = true;
        List<GuestMethod> methods = [];
        GuestMethodReader reader = new(isOfHost, user, problems);
        GuestFunctionTable functions = new();
        foreach (ISymbol member in type.GetMembers())
        {
            cancellationToken.ThrowIfCancellationRequested();
            CheckMember(member, isOfHost, problems);
            if (member is IMethodSymbol { IsAbstract: true, IsStatic: false, MethodKind: MethodKind.Ordinary } symbol)
            {
                if (reader.Read(symbol) is { } method)
                {
                    functions.Add(SourcePlace.Of(symbol), Identifiers.FullName(symbol), method, problems);
                    methods.Add(method);
                }
                else
                {
                    isComplete = false;
                }
            }
        }

        return new(
            type.ContainingNamespace.IsGlobalNamespace ? "" : type.ContainingNamespace.ToDisplayString(NamespaceFormat),
            Identifiers.Escape(type.Name),
            isComplete && problems.Count == 0 ? new EquatableArray<GuestMethod>(methods) : null);
    }

    private static bool IsFirst(GeneratorAttributeSyntaxContext context, CancellationToken cancellationToken)
    {
        AttributeData first = context.TargetSymbol.GetAttributes().First(
            attribute => SymbolEqualityComparer.Default.Equals(attribute.AttributeClass, context.Attributes[0].AttributeClass));
        return first.ApplicationSyntaxReference?.GetSyntax(cancellationToken) is { } syntax && context.TargetNode.Contains(syntax);
    }

    private static IEnumerable<Problem> WhatKeepsPartsOut(
        INamedTypeSymbol type, InterfaceDeclarationSyntax declaration, bool isHost)
    {
        if (isHost && !declaration.Modifiers.Any(SyntaxKind.PartialKeyword))
        {
            yield return Problem.At(type, TypedCallRules.NotPartial, type.Name);
        }

        foreach (Problem problem in WhatHidesIt(type))
        {
            yield return problem;
        }

        if (IsTaken(type.Name))
        {
            yield return Problem.At(type, TypedCallRules.NameTaken, type.Name);
        }
    }

    private static IEnumerable<Problem> WhatHidesIt(INamedTypeSymbol type)
    {
        if (type.ContainingType is { } container)
        {
            yield return Problem.At(type, TypedCallRules.NotReachable, type.Name, $"nested in {container.Name}");
        }

        if (type.IsFileLocal)
        {
            yield return Problem.At(type, TypedCallRules.NotReachable, type.Name, "file-local");
        }

        if (type.TypeParameters.Length > 0)
        {
            yield return Problem.At(type, TypedCallRules.Generic, type.Name);
        }
    }

    private static void CheckMember(ISymbol member, bool isOfHost, List<Problem> problems)
    {
        bool isAccessor = member is IMethodSymbol { AssociatedSymbol: not null };
        if (!isOfHost && !isAccessor && IsTaken(member.Name))
        {
            problems.Add(Problem.At(member, TypedCallRules.NameTaken, Identifiers.FullName(member)));
        }

        string? kind = member switch
        {
            { IsAbstract: false } => null,
            IPropertySymbol { IsIndexer: true } => "an indexer",
            IPropertySymbol => "a property",
            IEventSymbol => "an event",
            IMethodSymbol { IsStatic: true } when !isAccessor => "static",
            _ => null,
        };
        if (kind is not null)
        {
            problems.Add(Problem.At(member, TypedCallRules.NotAMethod, Identifiers.FullName(member), kind));
        }
    }

    private static bool IsTaken(string name) => name is GuestProxySource.FactoryName or GuestProxySource.ProxyName;
}
