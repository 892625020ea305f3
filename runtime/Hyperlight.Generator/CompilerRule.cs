using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Hyperlight.Generator;

/// <summary>
/// Creates the rules of this assembly, HL6xxx and HL8xxx, and links their diagnostics to their pages. The other rules stand in
/// Hyperlight.Image, which a compiler cannot load. All rules have pages in <c>docs/diagnostics</c>. Each message says what was found, what
/// is allowed and what to do.
/// </summary>
internal static class CompilerRule
{
    // The build sets the address of the SDK's pages. Without the address messages have no link.
    private const string HelpProperty = "build_property._HyperlightHelp";

    /// <summary>Creates a rule for code that cannot be compiled.</summary>
    public static DiagnosticDescriptor Error(string code, string title, string message) =>
        new(code, title, message, "Hyperlight", DiagnosticSeverity.Error, isEnabledByDefault: true);

    /// <summary>Creates a rule for code that may stand behind a condition under which the code works.</summary>
    public static DiagnosticDescriptor Warning(string code, string title, string message) =>
        new(code, title, message, "Hyperlight", DiagnosticSeverity.Warning, isEnabledByDefault: true);

    /// <summary>Gets the address of the folder with a page for each rule; empty if the build does not know the address.</summary>
    public static string HelpAddress(AnalyzerConfigOptionsProvider options) =>
        options.GlobalOptions.TryGetValue(HelpProperty, out string? address) ? address : "";

    /// <inheritdoc cref="HelpAddress(AnalyzerConfigOptionsProvider)"/>
    public static IncrementalValueProvider<string> HelpAddress(IncrementalGeneratorInitializationContext context) =>
        context.AnalyzerConfigOptionsProvider.Select(static (options, _) => HelpAddress(options));

    /// <summary>Gets the rule with a link to its page.</summary>
    /// <param name="rule">A rule of this assembly.</param>
    /// <param name="helpAddress">The address of the folder with a page for each rule; empty if the address is not known.</param>
    public static DiagnosticDescriptor WithPage(this DiagnosticDescriptor rule, string helpAddress) => helpAddress.Length == 0
        ? rule
        : new(
            rule.Id, rule.Title, rule.MessageFormat, rule.Category, rule.DefaultSeverity, rule.IsEnabledByDefault,
            helpLinkUri: $"{helpAddress}{rule.Id}.md");
}
