using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator;

/// <summary>Recognises the side that a project is on, and the interfaces that both sides share.</summary>
internal static class Sides
{
    /// <summary>The names of the attributes.</summary>
    public const string GuestInterface = "Hyperlight.GuestInterfaceAttribute", HostInterface = "Hyperlight.HostInterfaceAttribute";

    /// <summary>Gets whether a project runs guests.</summary>
    public static bool IsHost(Compilation compilation) => compilation.GetTypeByMetadataName("Hyperlight.Sandbox") is not null;

    /// <summary>Gets whether a type is marked as an interface of a guest.</summary>
    public static bool IsGuestInterface(ITypeSymbol type) => IsMarked(type, GuestInterface);

    /// <summary>Gets whether a type is marked as an interface of the host.</summary>
    public static bool IsHostInterface(ITypeSymbol type) => IsMarked(type, HostInterface);

    private static bool IsMarked(ITypeSymbol type, string attribute) =>
        type.GetAttributes().Any(candidate => candidate.AttributeClass?.ToDisplayString() == attribute);
}
