using System.Collections.Immutable;
using System.Globalization;
using Hyperlight.Testing;
using Hyperlight.Testing.Documents;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Hyperlight.Generator.Tests;

/// <summary>Tests the diagnostics HL8001 to HL8007.</summary>
public sealed class GuestApiTests
{
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly ImmutableArray<DiagnosticDescriptor> AllRules = new GuestApiAnalyzer().SupportedDiagnostics;

    public static TheoryData<string> Pages =>
        [.. DiagnosticPage.All.Select(page => page.Code).Where(code => code.StartsWith("HL8", StringComparison.Ordinal))];

    [Theory]
    [InlineData("""File.ReadAllText("a")""", "HL8001", "File.ReadAllText needs a file system")]
    [InlineData("""new FileStream("a", FileMode.Open)""", "HL8001", "new FileStream needs")]
    [InlineData("""new FileInfo("a")""", "HL8001", "new FileInfo needs")]
    [InlineData("""Directory.GetFiles("/")""", "HL8001", "Directory.GetFiles needs")]
    [InlineData("""new List<string>().Select(File.ReadAllText)""", "HL8001", "File.ReadAllText needs")]
    [InlineData("""System.IO.MemoryMappedFiles.MemoryMappedFile.CreateNew(null, 1)""", "HL8001", "MemoryMappedFile.CreateNew needs")]
    [InlineData("new HttpClient()", "HL8002", "new HttpClient needs a network")]
    [InlineData("""System.Net.Dns.GetHostName()""", "HL8002", "Dns.GetHostName needs")]
    [InlineData("new System.Net.Sockets.TcpClient()", "HL8002", "new TcpClient needs")]
    [InlineData("""System.Diagnostics.Process.Start("a")""", "HL8003", "Process.Start needs processes")]
    [InlineData("Thread.CurrentThread.Priority = ThreadPriority.Highest", "HL8004", "Thread.Priority has no effect")]
    [InlineData("""new System.Globalization.CultureInfo("de-DE")""", "HL8005", "new CultureInfo needs the data of cultures")]
    [InlineData("""System.Globalization.CultureInfo.GetCultureInfo("de")""", "HL8005", "CultureInfo.GetCultureInfo needs")]
    [InlineData("System.Security.Cryptography.RSA.Create()", "HL8006", "RSA.Create needs OpenSSL")]
    [InlineData("System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate([])", "HL8006", "needs OpenSSL")]
    [InlineData("Console.ReadLine()", "HL8007", "Console.ReadLine reads standard input")]
    [InlineData("Console.In", "HL8007", "Console.In reads")]
    public async Task What_cannot_work_in_a_guest_is_one_warning(string expression, string code, string message)
    {
        string source = $"static class Code {{ public static object? Run() => {expression}; }}";

        Diagnostic found = Assert.Single(await FoundIn(source));

        Assert.Equal((code, DiagnosticSeverity.Warning), (found.Id, found.Severity));
        Assert.Contains(message, found.GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        Assert.Empty(await FoundIn(source, isGuest: false));
    }

    [Theory]
    [InlineData("""Path.Combine("a", "b")""")]
    [InlineData("new MemoryStream()")]
    [InlineData("""File.Exists("a")""")]
    [InlineData("Console.Out")]
    [InlineData("Thread.CurrentThread.Priority")]
    [InlineData("System.Globalization.CultureInfo.InvariantCulture")]
    [InlineData("""new System.Globalization.CultureInfo("")""")]
    [InlineData("System.Security.Cryptography.SHA256.HashData([])")]
    [InlineData("System.Security.Cryptography.RandomNumberGenerator.GetBytes(3)")]
    [InlineData("new System.Security.Cryptography.AesGcm([], 16)")]
    [InlineData("System.Security.Cryptography.ChaCha20Poly1305.IsSupported")]
    [InlineData("new Thread(() => { })")]
    public async Task What_works_in_a_guest_is_not_reported(string expression) =>
        Assert.Empty(await FoundIn($"static class Code {{ public static object? Run() => {expression}; }}"));

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task The_code_of_a_page_is_reported_as_the_page_says_until_it_is_fixed(string code)
    {
        DiagnosticPage page = DiagnosticPage.Of(code);
        ImmutableArray<Diagnostic> found = await FoundIn(string.Concat(page.Example.Where(IsCode).Select(block => block.Text)));

        Assert.Equal(page.Output, found.Select(LineOf));
        Assert.Empty(await FoundIn(string.Concat(page.Fix.Where(IsCode).Select(block => block.Text))));
    }

    [Fact]
    public void Every_rule_has_a_page_that_names_it_and_every_page_has_a_rule()
    {
        string list = File.ReadAllText(Path.Combine(Repository.Root, "docs", "diagnostics", "README.md"));

        Assert.Equal(AllRules.Select(rule => rule.Id), Pages.Select(row => row.Data));
        Assert.All(AllRules, rule =>
        {
            string title = rule.Title.ToString(CultureInfo.InvariantCulture);
            Assert.Equal($"# {rule.Id}: {title}", DiagnosticPage.Of(rule.Id).Lines[0]);
            Assert.Contains($"| [{rule.Id}]({rule.Id}.md) | warning | {title} |", list, StringComparison.Ordinal);
        });
    }

    private static bool IsCode(CodeBlock block) => block.Language == "csharp";

    private static string LineOf(Diagnostic found)
    {
        Microsoft.CodeAnalysis.Text.LinePosition place = found.Location.GetLineSpan().StartLinePosition;
        return $"Program.cs({place.Line + 1},{place.Character + 1}): warning {found.Id}: {found.GetMessage(CultureInfo.InvariantCulture)}";
    }

    private static async Task<ImmutableArray<Diagnostic>> FoundIn(string source, bool isGuest = true)
    {
        IEnumerable<MetadataReference> framework = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path));
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Tested",
            [CSharpSyntaxTree.ParseText(source), CSharpSyntaxTree.ParseText(Usings)],
            framework,
            new(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        AnalyzerOptions options = new([], new BuildProperties(null, isGuest ? "0.1.0" : null));

        Assert.DoesNotContain(compilation.GetDiagnostics(), found => found.Severity == DiagnosticSeverity.Error);
        ImmutableArray<Diagnostic> all = await compilation.WithAnalyzers([new GuestApiAnalyzer()], options).GetAnalyzerDiagnosticsAsync();
        return [.. all.OrderBy(found => found.Location.SourceSpan.Start)];
    }
}
