using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Hyperlight.Generator;

/// <summary>The members of the base class library that cannot work in a guest.</summary>
internal static class GuestApi
{
    // A name is that of a type, or of a type and a member. A member may be followed by the type of its first parameter.
    private static readonly Dictionary<string, DiagnosticDescriptor> RulesOfNames = Named(
        (GuestApiRules.Files,
        [
            "System.IO.Directory", "System.IO.DirectoryInfo", "System.IO.DriveInfo", "System.IO.File", "System.IO.FileInfo",
            "System.IO.FileStream", "System.IO.FileSystemWatcher", "System.IO.Path:GetTempFileName",
            "System.IO.StreamReader:.ctor(String)", "System.IO.StreamWriter:.ctor(String)",
            "System.IO.Compression.ZipFile", "System.IO.MemoryMappedFiles.MemoryMappedFile",
            "System.IO.Pipes.NamedPipeClientStream", "System.IO.Pipes.NamedPipeServerStream",
            "System.Xml.Linq.XDocument:Load(String)", "System.Xml.Linq.XElement:Load(String)",
            "System.Xml.XmlReader:Create(String)", "System.Xml.XmlWriter:Create(String)",
        ]),
        (GuestApiRules.Network,
        [
            "System.Net.Dns", "System.Net.HttpListener", "System.Net.Http.HttpClient", "System.Net.Http.HttpClientHandler",
            "System.Net.Http.SocketsHttpHandler", "System.Net.Mail.SmtpClient", "System.Net.NetworkInformation.IPGlobalProperties",
            "System.Net.NetworkInformation.NetworkInterface", "System.Net.NetworkInformation.Ping", "System.Net.Security.SslStream",
            "System.Net.Sockets.Socket", "System.Net.Sockets.TcpClient", "System.Net.Sockets.TcpListener", "System.Net.Sockets.UdpClient",
            "System.Net.WebSockets.ClientWebSocket",
        ]),
        (GuestApiRules.Processes, ["System.Diagnostics.Process"]),
        (GuestApiRules.ThreadPriority, ["System.Threading.Thread:Priority"]),
        (GuestApiRules.Cultures,
        [
            "System.Globalization.CultureInfo:.ctor", "System.Globalization.CultureInfo:CreateSpecificCulture",
            "System.Globalization.CultureInfo:GetCultureInfo", "System.Globalization.RegionInfo",
        ]),
        (GuestApiRules.Cryptography,
        [
            "System.Security.Cryptography.AesCcm", "System.Security.Cryptography.ChaCha20Poly1305", "System.Security.Cryptography.DES",
            "System.Security.Cryptography.DSA", "System.Security.Cryptography.ECDiffieHellman", "System.Security.Cryptography.ECDsa",
            "System.Security.Cryptography.RC2", "System.Security.Cryptography.RSA", "System.Security.Cryptography.TripleDES",
            "System.Security.Cryptography.X509Certificates.CertificateRequest",
            "System.Security.Cryptography.X509Certificates.X509Certificate",
            "System.Security.Cryptography.X509Certificates.X509Certificate2",
            "System.Security.Cryptography.X509Certificates.X509CertificateLoader",
            "System.Security.Cryptography.X509Certificates.X509Chain", "System.Security.Cryptography.X509Certificates.X509Store",
        ]),
        (GuestApiRules.Input,
        [
            "System.Console:In", "System.Console:OpenStandardInput", "System.Console:Read", "System.Console:ReadKey",
            "System.Console:ReadLine",
        ]),
        (GuestApiRules.TimeZones,
        [
            "System.TimeZoneInfo:ConvertTimeBySystemTimeZoneId", "System.TimeZoneInfo:FindSystemTimeZoneById",
        ]),
        (GuestApiRules.Environment,
        [
            "System.Environment:CommandLine", "System.Environment:GetCommandLineArgs", "System.Environment:GetEnvironmentVariable",
            "System.Environment:GetEnvironmentVariables",
        ]));

    /// <summary>Gets the rules, in the order of their codes.</summary>
    public static ImmutableArray<DiagnosticDescriptor> Rules { get; } =
        [.. RulesOfNames.Values.Distinct().OrderBy(rule => rule.Id, StringComparer.Ordinal)];

    /// <summary>Gets the rule that a use of the member breaks; <see langword="null"/> if the member works in a guest.</summary>
    public static DiagnosticDescriptor? RuleOf(ISymbol member)
    {
        // File.Exists answers, and IsSupported is how code asks first.
        if (member is not { ContainingType: { } containing, Name: not ("IsSupported" or "Exists") })
        {
            return null;
        }

        string type = containing.ToDisplayString();
        string name = $"{type}:{member.Name}";
        string? first = (member as IMethodSymbol)?.Parameters.FirstOrDefault()?.Type.Name;
        return RulesOfNames.TryGetValue(type, out DiagnosticDescriptor rule) || RulesOfNames.TryGetValue(name, out rule)
            || RulesOfNames.TryGetValue($"{name}({first})", out rule)
            ? rule
            : null;
    }

    /// <summary>Whether all names among the arguments are constants that a guest knows.</summary>
    public static bool AreAvailable(DiagnosticDescriptor rule, ImmutableArray<IArgumentOperation> arguments)
    {
        string? available = rule == GuestApiRules.Cultures ? "" : rule == GuestApiRules.TimeZones ? "UTC" : null;
        IArgumentOperation[] names = arguments.IsDefaultOrEmpty || available is null
            ? []
            : [.. arguments.Where(argument => argument.Value.Type?.SpecialType == SpecialType.System_String)];
        return names.Length > 0 && names.All(argument => argument.Value.ConstantValue is { HasValue: true, Value: var name }
            && Equals(name, available));
    }

    private static Dictionary<string, DiagnosticDescriptor> Named(params (DiagnosticDescriptor Rule, string[] Names)[] rules) => rules
        .SelectMany(rule => rule.Names.Select(name => (name, rule.Rule)))
        .ToDictionary(named => named.name, named => named.Rule, StringComparer.Ordinal);
}
