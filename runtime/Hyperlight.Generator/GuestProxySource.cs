namespace Hyperlight.Generator;

/// <summary>Writes what gives a host the implementation of a guest interface.</summary>
internal static class GuestProxySource
{
    /// <summary>The name of the method that returns the implementation.</summary>
    public const string FactoryName = "For";

    /// <summary>The name of the class that implements the interface. The class is nested and private.</summary>
    public const string ProxyName = "GuestProxy";

    private static readonly string[] FactoryComment =
    [
        "/// <summary>Calls the functions of a guest.</summary>",
        "/// <param name=\"sandbox\">The sandbox that the guest runs in. The caller disposes the sandbox.</param>",
    ];

    /// <summary>Writes the part that is added to a guest interface of the project.</summary>
    public static string Write(GuestInterface guest) => InterfaceFile.Write(
        guest,
        [
            $"partial interface {guest.Name}",
            "{",
            .. InterfaceFile.Indent([.. FactoryComment, Factory(guest, "static")]),
            .. InterfaceFile.Indent(GuestProxyClass.Lines(guest)),
            "}",
        ]);

    /// <summary>
    /// Writes the class that gives the implementation for a guest interface of another assembly, which no part can be added to.
    /// </summary>
    /// <param name="guest">The interface.</param>
    /// <param name="isExtension">
    /// Whether the language has static members of extensions, so that the method can be called like a member of the interface. The compiler
    /// adds the method to the class as well.
    /// </param>
    public static string WriteExtension(GuestInterface guest, bool isExtension)
    {
        string[] method = [.. FactoryComment, Factory(guest, "public static")];
        return InterfaceFile.Write(
            guest,
            [
                $"/// <summary>Gives the implementation of {guest.Name.TrimStart('@')} for a sandbox.</summary>",
                $"internal static class {guest.Name}Guest",
                "{",
                .. InterfaceFile.Indent(isExtension
                    ? [$"extension({InterfaceFile.TypeOf(guest)})", "{", .. InterfaceFile.Indent(method), "}"]
                    : method),
                .. InterfaceFile.Indent(GuestProxyClass.Lines(guest)),
                "}",
            ]);
    }

    private static string Factory(GuestInterface guest, string modifiers)
    {
        string head = $"{modifiers} {InterfaceFile.TypeOf(guest)} {FactoryName}(global::Hyperlight.Sandbox sandbox) =>";
        return guest.Methods is null
            ? $"{head} throw new global::System.NotSupportedException();"
            : $"{head} new {ProxyName}(sandbox);";
    }
}
