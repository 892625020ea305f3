using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator;

/// <summary>Reads a class with the attribute GuestExport and finds all of its problems.</summary>
internal static class GuestExportReader
{
    public static GuestExportReading Read(GeneratorAttributeSyntaxContext context, CancellationToken cancellationToken)
    {
        var type = (INamedTypeSymbol)context.TargetSymbol;
        List<Problem> problems = [];
        INamedTypeSymbol[] guests = [.. type.AllInterfaces.Where(Sides.IsGuestInterface)];
        if (guests.Length == 0)
        {
            problems.Add(Problem.At(type, TypedCallRules.NothingExported, type.Name));
        }

        IMethodSymbol[] constructors = [.. type.InstanceConstructors.Where(
            constructor => constructor.DeclaredAccessibility is Accessibility.Public or Accessibility.Internal)];
        if (WhatKeepsItFromStarting(type, constructors) is { } reason)
        {
            problems.Add(Problem.At(type, TypedCallRules.NotCreatable, type.Name, reason));
            return new(null, new(problems));
        }

        cancellationToken.ThrowIfCancellationRequested();
        GuestFunctionTable functions = new();
        IAssemblySymbol user = context.SemanticModel.Compilation.Assembly;
        GuestMethodReader ofGuest = new(isOfHost: false, user, problems), ofHost = new(isOfHost: true, user, problems);
        ExportedInterface[] exported = [.. guests.Select(guest => Read(guest, ofGuest, functions, problems))];
        ExportedInterface[] hosts =
            [.. constructors[0].Parameters.Select(parameter => Read((INamedTypeSymbol)parameter.Type, ofHost, functions: null, problems))];
        return new(
            problems.Count == 0 ? new(Name(type), new(hosts), new(exported)) : null,
            new(problems));
    }

    private static string? WhatKeepsItFromStarting(INamedTypeSymbol type, IMethodSymbol[] constructors) =>
        type.IsAbstract || type.IsStatic ? "abstract or static"
        : type.ContainingType is not null ? $"nested in {type.ContainingType.Name}"
        : type.IsFileLocal ? "file-local"
        : type.IsGenericType ? "generic"
        : constructors.Length != 1 ? $"a class with {constructors.Length} constructors that the guest can call"
        : constructors[0].Parameters.FirstOrDefault(
            parameter => parameter.Type is not INamedTypeSymbol host || !Sides.IsHostInterface(host)) is { } other
            ? $"a class whose constructor takes {other.Name} of the type {Identifiers.TypeName(other.Type)}"
        : null;

    private static ExportedInterface Read(
        INamedTypeSymbol type, GuestMethodReader reader, GuestFunctionTable? functions, List<Problem> problems)
    {
        List<GuestMethod> methods = [];
        foreach (IMethodSymbol symbol in type.GetMembers().OfType<IMethodSymbol>()
            .Where(method => method is { IsAbstract: true, IsStatic: false, MethodKind: MethodKind.Ordinary }))
        {
            if (reader.Read(symbol) is { } method)
            {
                functions?.Add(symbol, method, problems);
                methods.Add(method);
            }
        }

        return new(Name(type), new(methods));
    }

    private static string Name(INamedTypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
}
