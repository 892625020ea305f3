using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Hyperlight.Generator;

/// <summary>Recognises the side that a project is on, and the interfaces that both sides share.</summary>
internal static class Sides
{
    /// <summary>The names of the attributes.</summary>
    public const string GuestInterface = "Hyperlight.GuestInterfaceAttribute", HostInterface = "Hyperlight.HostInterfaceAttribute",
        GuestExport = "Hyperlight.GuestExportAttribute";

    // The SDK of guests sets this property and makes it visible.
    private const string GuestProperty = "build_property.HyperlightGuestSdkVersion";

    /// <summary>Gets whether a project is a guest.</summary>
    public static bool IsGuest(AnalyzerConfigOptionsProvider options) =>
        options.GlobalOptions.TryGetValue(GuestProperty, out string? version) && version.Length > 0;

    /// <summary>Gets whether a project runs guests.</summary>
    public static bool IsHost(Compilation compilation) => compilation.GetTypeByMetadataName("Hyperlight.Sandbox") is not null;

    /// <summary>Gets whether a type is marked as an interface of a guest.</summary>
    public static bool IsGuestInterface(ITypeSymbol type) => IsMarked(type, GuestInterface);

    /// <summary>Gets whether a type is marked as an interface of the host.</summary>
    public static bool IsHostInterface(ITypeSymbol type) => IsMarked(type, HostInterface);

    /// <summary>Gets whether the methods of a class are functions of the guest.</summary>
    public static bool IsExported(ITypeSymbol type) => IsMarked(type, GuestExport);

    private static bool IsMarked(ITypeSymbol type, string attribute) =>
        type.GetAttributes().Any(candidate => candidate.AttributeClass?.ToDisplayString() == attribute);
}
