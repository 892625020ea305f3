using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator;

/// <summary>Reads a class with the attribute GuestExport and finds all of its problems.</summary>
internal static class GuestExportReader
{
    public static GuestExportReading Read(GeneratorAttributeSyntaxContext context, CancellationToken cancellationToken)
    {
        var type = (INamedTypeSymbol)context.TargetSymbol;
        IAssemblySymbol user = context.SemanticModel.Compilation.Assembly;
        SourcePlace place = SourcePlace.Of(type);
        List<Problem> problems = [];
        if (HasMissingType(type))
        {
            return new(null, place, default, default);
        }

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
            return new(null, place, default, new(problems));
        }

        GuestFunctionTable functions = new();
        bool isComplete = true;
        List<GuestInterface> exported = [];
        foreach (INamedTypeSymbol guest in guests)
        {
            List<Problem> ofInterface = [];
            GuestInterface read = GuestInterfaceReader.ReadMembers(guest, isOfHost: false, user, ofInterface, cancellationToken);
            problems.AddRange(Problem.AtUse(ofInterface, guest, place, user));
            isComplete &= ofInterface.Count == 0 && read.Methods is not null;
            foreach (GuestMethod method in read.Methods ?? default)
            {
                functions.Add(place, $"{guest.Name}.{method.Name}", method, problems);
            }

            exported.Add(read);
        }

        INamedTypeSymbol[] hosts = [.. constructors[0].Parameters.Select(parameter => (INamedTypeSymbol)parameter.Type)];
        return new(
            isComplete && problems.Count == 0
                ? new(Identifiers.FullType(type), new(hosts.Select(Identifiers.FullType)), new(exported))
                : null,
            place,
            new(hosts.Select(host => HostUse.Of(host, place, user, cancellationToken))),
            new(problems));
    }

    /// <summary>Finds functions that two classes have.</summary>
    public static IEnumerable<Problem> Duplicates(IEnumerable<GuestExportReading> readings)
    {
        Dictionary<string, string> classes = new(StringComparer.Ordinal);
        foreach (GuestExportReading reading in readings.Where(reading => reading.Export is not null))
        {
            string type = reading.Export!.Type.Replace("global::", "");
            foreach ((_, GuestMethod method) in reading.Export.Served())
            {
                if (!classes.TryGetValue(method.Function, out string first))
                {
                    classes.Add(method.Function, type);
                }
                else
                {
                    yield return new(TypedCallRules.FunctionOfTwoClasses, reading.Place, new([type, method.Function, first]));
                }
            }
        }
    }

    // The compiler reports a name that it does not find. For a class, the first such name stands for its base.
    private static bool HasMissingType(INamedTypeSymbol type) =>
        type.InstanceConstructors.SelectMany(constructor => constructor.Parameters.Select(parameter => parameter.Type))
            .Concat(type.AllInterfaces)
            .Append(type.BaseType)
            .Any(used => used?.TypeKind == TypeKind.Error);

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
}
