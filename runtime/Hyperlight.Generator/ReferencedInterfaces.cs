using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Hyperlight.Generator;

/// <summary>The marked interfaces of the assemblies that a host references.</summary>
/// <param name="OfGuest">The guest interfaces.</param>
/// <param name="OfHost">The host interfaces.</param>
/// <param name="Problems">The problems of all of them.</param>
/// <param name="HasExtensions">Whether the language has static members of extensions.</param>
internal sealed record ReferencedInterfaces(
    EquatableArray<GuestInterface> OfGuest, EquatableArray<GuestInterface> OfHost, EquatableArray<Problem> Problems, bool HasExtensions)
{
    private const string AttributeAssembly = "Hyperlight.Abstractions";

    // The number of C# 14, which the oldest compiler that loads the generator has no name for.
    private const LanguageVersion FirstWithExtensions = (LanguageVersion)1400;

    /// <summary>Gets the interfaces for a host; none if the compilation does not reference the runtime.</summary>
    public static ReferencedInterfaces Of(Compilation compilation, CancellationToken cancellationToken)
    {
        List<GuestInterface> ofGuest = [], ofHost = [];
        List<Problem> problems = [];
        if (Sides.IsHost(compilation))
        {
            foreach (INamedTypeSymbol type in compilation.SourceModule.ReferencedAssemblySymbols.Where(MayHaveInterfaces)
                .SelectMany(assembly => TypesOf(assembly.GlobalNamespace)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!IsReachable(type, compilation.Assembly))
                {
                    continue;
                }

                if (Sides.IsGuestInterface(type) && type.GetMembers(GuestProxySource.FactoryName).Length == 0)
                {
                    Add(type, isOfHost: false, ofGuest);
                }
                else if (Sides.IsHostInterface(type))
                {
                    Add(type, isOfHost: true, ofHost);
                }
            }
        }

        bool hasExtensions = compilation is CSharpCompilation { LanguageVersion: >= FirstWithExtensions };
        return new(new(ofGuest), new(ofHost), new(problems), hasExtensions);

        void Add(INamedTypeSymbol type, bool isOfHost, List<GuestInterface> found)
        {
            List<Problem> ofType = [];
            found.Add(GuestInterfaceReader.ReadMembers(type, isOfHost, compilation.Assembly, ofType, cancellationToken));
            problems.AddRange(ofType);
        }
    }

    private static bool MayHaveInterfaces(IAssemblySymbol assembly) =>
        assembly.Modules.Any(module => module.ReferencedAssemblies.Any(referenced => referenced.Name == AttributeAssembly));

    private static bool IsReachable(INamedTypeSymbol type, IAssemblySymbol user) =>
        type is { TypeKind: TypeKind.Interface, TypeParameters.Length: 0 }
        && (type.DeclaredAccessibility == Accessibility.Public
            || (type.DeclaredAccessibility == Accessibility.Internal && type.ContainingAssembly.GivesAccessTo(user)))
        && user.GetTypeByMetadataName(type.ToDisplayString()) is null; // A type of this name in the project itself hides the other.

    private static IEnumerable<INamedTypeSymbol> TypesOf(INamespaceSymbol space) =>
        space.GetTypeMembers().Concat(space.GetNamespaceMembers().SelectMany(TypesOf));
}
