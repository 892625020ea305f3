using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Hyperlight.Generator;

/// <summary>
/// Warns in projects of guests, which are those with the SDK <c>Hyperlight.Guest.Sdk</c>, of API that cannot work in a guest. What creates
/// an object, or belongs to a type and not to an object, is reported; the uses of the object are not reported again.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class GuestApiAnalyzer : DiagnosticAnalyzer
{
    // A name that ends with a dot is a namespace with all its types; a name in front of a colon is a type with some of its members.
    private static readonly Dictionary<string, DiagnosticDescriptor> Rules = new()
    {
        ["System.IO.File"] = GuestApiRules.Files,
        ["System.IO.FileInfo"] = GuestApiRules.Files,
        ["System.IO.FileStream"] = GuestApiRules.Files,
        ["System.IO.FileSystemWatcher"] = GuestApiRules.Files,
        ["System.IO.Directory"] = GuestApiRules.Files,
        ["System.IO.DirectoryInfo"] = GuestApiRules.Files,
        ["System.IO.DriveInfo"] = GuestApiRules.Files,
        ["System.IO.MemoryMappedFiles."] = GuestApiRules.Files,
        ["System.IO.Pipes."] = GuestApiRules.Files,
        ["System.Net.Dns"] = GuestApiRules.Network,
        ["System.Net.HttpListener"] = GuestApiRules.Network,
        ["System.Net.Http.HttpClient"] = GuestApiRules.Network,
        ["System.Net.Http.SocketsHttpHandler"] = GuestApiRules.Network,
        ["System.Net.NetworkInformation."] = GuestApiRules.Network,
        ["System.Net.Security.SslStream"] = GuestApiRules.Network,
        ["System.Net.Sockets."] = GuestApiRules.Network,
        ["System.Net.WebSockets.ClientWebSocket"] = GuestApiRules.Network,
        ["System.Diagnostics.Process"] = GuestApiRules.Processes,
        ["System.Threading.Thread:Priority"] = GuestApiRules.ThreadPriority,
        ["System.Globalization.CultureInfo:.ctor"] = GuestApiRules.Cultures,
        ["System.Globalization.CultureInfo:CreateSpecificCulture"] = GuestApiRules.Cultures,
        ["System.Globalization.CultureInfo:GetCultureInfo"] = GuestApiRules.Cultures,
        ["System.Globalization.RegionInfo"] = GuestApiRules.Cultures,
        ["System.Security.Cryptography.AesCcm"] = GuestApiRules.Cryptography,
        ["System.Security.Cryptography.ChaCha20Poly1305"] = GuestApiRules.Cryptography,
        ["System.Security.Cryptography.DES"] = GuestApiRules.Cryptography,
        ["System.Security.Cryptography.DSA"] = GuestApiRules.Cryptography,
        ["System.Security.Cryptography.ECDiffieHellman"] = GuestApiRules.Cryptography,
        ["System.Security.Cryptography.ECDsa"] = GuestApiRules.Cryptography,
        ["System.Security.Cryptography.RC2"] = GuestApiRules.Cryptography,
        ["System.Security.Cryptography.RSA"] = GuestApiRules.Cryptography,
        ["System.Security.Cryptography.TripleDES"] = GuestApiRules.Cryptography,
        ["System.Security.Cryptography.X509Certificates."] = GuestApiRules.Cryptography,
        ["System.Console:In"] = GuestApiRules.Input,
        ["System.Console:OpenStandardInput"] = GuestApiRules.Input,
        ["System.Console:Read"] = GuestApiRules.Input,
        ["System.Console:ReadKey"] = GuestApiRules.Input,
        ["System.Console:ReadLine"] = GuestApiRules.Input,
    };

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [.. Rules.Values.Distinct()];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            if (Sides.IsGuest(start.Options.AnalyzerConfigOptionsProvider))
            {
                start.RegisterOperationAction(
                    Check,
                    OperationKind.Invocation, OperationKind.ObjectCreation, OperationKind.PropertyReference, OperationKind.MethodReference);
            }
        });
    }

    private static void Check(OperationAnalysisContext context)
    {
        ISymbol? member = context.Operation switch
        {
            IInvocationOperation { TargetMethod: { IsStatic: true } method } => method,
            IMethodReferenceOperation { Method: { IsStatic: true } method } => method,
            IObjectCreationOperation { Constructor: { } constructor } creation when !IsInvariant(creation.Arguments) => constructor,
            IPropertyReferenceOperation { Property: { IsStatic: true } property } => property,
            IPropertyReferenceOperation { Property: var property, Parent: IAssignmentOperation parent } reference
                when parent.Target == reference => property,
            _ => null,
        };
        if (member is { ContainingType: { } type } && !IsQuestion(member) && RuleOf(type, member) is { } rule)
        {
            string name = member is IMethodSymbol { MethodKind: MethodKind.Constructor }
                ? $"new {type.Name}"
                : $"{type.Name}.{member.Name}";
            context.ReportDiagnostic(Diagnostic.Create(rule, context.Operation.Syntax.GetLocation(), name));
        }
    }

    private static DiagnosticDescriptor? RuleOf(INamedTypeSymbol type, ISymbol member)
    {
        string space = type.ContainingNamespace.ToDisplayString(), name = $"{space}.{type.Name}";
        return Rules.TryGetValue(name, out DiagnosticDescriptor rule) || Rules.TryGetValue($"{name}:{member.Name}", out rule)
            || Rules.TryGetValue(space + ".", out rule)
            ? rule
            : null;
    }

    // new CultureInfo("") is the invariant culture.
    private static bool IsInvariant(ImmutableArray<IArgumentOperation> arguments) =>
        arguments.Length > 0 && arguments[0].Value.ConstantValue is { HasValue: true, Value: "" };

    // File.Exists answers, and IsSupported is how code asks first.
    private static bool IsQuestion(ISymbol member) => member.Name is "IsSupported" or "Exists";
}
