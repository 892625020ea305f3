using System.Collections.Immutable;
using System.Globalization;
using Hyperlight.Testing;
using Hyperlight.Testing.Documents;
using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator.Tests;

/// <summary>Tests the diagnostics HL8001 to HL8009.</summary>
public sealed class GuestApiTests
{
    private static readonly ImmutableArray<DiagnosticDescriptor> AllRules = new GuestApiAnalyzer().SupportedDiagnostics;

    public static TheoryData<string> Pages =>
        [.. DiagnosticPage.All.Select(page => page.Code).Where(code => code.StartsWith("HL8", StringComparison.Ordinal))];

    [Theory]
    [InlineData("""File.ReadAllText("a")""", "HL8001", "File.ReadAllText needs a file system")]
    [InlineData("""new FileStream("a", FileMode.Open)""", "HL8001", "new FileStream needs")]
    [InlineData("""new FileInfo("a")""", "HL8001", "new FileInfo needs")]
    [InlineData("""Directory.GetFiles("/")""", "HL8001", "Directory.GetFiles needs")]
    [InlineData("""new List<string>().Select(File.ReadAllText)""", "HL8001", "File.ReadAllText needs")]
    [InlineData("""new StreamReader("a")""", "HL8001", "new StreamReader needs")]
    [InlineData("""System.Xml.Linq.XDocument.Load("a")""", "HL8001", "XDocument.Load needs")]
    [InlineData("""System.IO.MemoryMappedFiles.MemoryMappedFile.CreateNew(null, 1)""", "HL8001", "MemoryMappedFile.CreateNew needs")]
    [InlineData("new HttpClient()", "HL8002", "new HttpClient needs a network")]
    [InlineData("""System.Net.Dns.GetHostName()""", "HL8002", "Dns.GetHostName needs")]
    [InlineData("new System.Net.Sockets.TcpClient()", "HL8002", "new TcpClient needs")]
    [InlineData("""System.Diagnostics.Process.Start("a")""", "HL8003", "Process.Start needs processes")]
    [InlineData("Thread.CurrentThread.Priority = ThreadPriority.Highest", "HL8004", "Thread.Priority has no effect")]
    [InlineData("new Thread(() => { }) { Priority = ThreadPriority.Lowest }", "HL8004", "Thread.Priority has no effect")]
    [InlineData("""new System.Globalization.CultureInfo("de-DE")""", "HL8005", "new CultureInfo needs the data of cultures")]
    [InlineData("""System.Globalization.CultureInfo.GetCultureInfo("de")""", "HL8005", "CultureInfo.GetCultureInfo needs")]
    [InlineData("System.Security.Cryptography.RSA.Create()", "HL8006", "RSA.Create needs OpenSSL")]
    [InlineData("System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate([])", "HL8006", "needs OpenSSL")]
    [InlineData("Console.ReadLine()", "HL8007", "Console.ReadLine reads standard input")]
    [InlineData("Console.In", "HL8007", "Console.In reads")]
    [InlineData("""TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")""", "HL8008", "TimeZoneInfo.FindSystemTimeZoneById needs")]
    [InlineData("""TimeZoneInfo.ConvertTimeBySystemTimeZoneId(default(DateTime), "UTC", "Europe/Berlin")""", "HL8008", "needs the data")]
    [InlineData("""Environment.GetEnvironmentVariable("PATH")""", "HL8009", "Environment.GetEnvironmentVariable reads what starts")]
    [InlineData("Environment.GetCommandLineArgs()", "HL8009", "Environment.GetCommandLineArgs reads")]
    public async Task What_cannot_work_in_a_guest_is_one_warning(string expression, string code, string message)
    {
        GuestCode source = new($"static class Code {{ public static object? Run() => {expression}; }}");

        Diagnostic found = Assert.Single(await source.WarningsAsync());

        Assert.Equal((code, DiagnosticSeverity.Warning), (found.Id, found.Severity));
        Assert.Contains(message, found.GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        Assert.Empty(await source.WarningsAsync(isGuest: false));
    }

    [Theory]
    [InlineData("""Path.Combine("a", "b")""")]
    [InlineData("new MemoryStream()")]
    [InlineData("new StreamReader(new MemoryStream())")]
    [InlineData("""new StringReader("a")""")]
    [InlineData("""System.Xml.Linq.XDocument.Parse("<a/>")""")]
    [InlineData("System.Xml.Linq.XDocument.Load(new MemoryStream())")]
    [InlineData("""File.Exists("a")""")]
    [InlineData("""Directory.Exists("a")""")]
    [InlineData("nameof(File)")]
    [InlineData("nameof(File.ReadAllText)")]
    [InlineData("nameof(Console.In)")]
    [InlineData("$\"{nameof(Console.In.ReadLine)}\"")]
    [InlineData("typeof(HttpClient)")]
    [InlineData("""new HttpRequestMessage(HttpMethod.Get, "http://a/")""")]
    [InlineData("new System.Net.Sockets.SocketException(1)")]
    [InlineData("""new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 1)""")]
    [InlineData("""System.Net.NetworkInformation.PhysicalAddress.Parse("00-11-22-33-44-55")""")]
    [InlineData("""new System.Diagnostics.ProcessStartInfo("a")""")]
    [InlineData("System.Diagnostics.Stopwatch.GetTimestamp()")]
    [InlineData("Console.Out")]
    [InlineData("Thread.CurrentThread.Priority")]
    [InlineData("Thread.CurrentThread.Name = nameof(Thread.Priority)")]
    [InlineData("System.Globalization.CultureInfo.InvariantCulture")]
    [InlineData("System.Globalization.CultureInfo.CurrentCulture")]
    [InlineData("""new System.Globalization.CultureInfo("")""")]
    [InlineData("""System.Globalization.CultureInfo.GetCultureInfo("")""")]
    [InlineData("""TimeZoneInfo.FindSystemTimeZoneById("UTC")""")]
    [InlineData("TimeZoneInfo.Local")]
    [InlineData("Environment.NewLine")]
    [InlineData("Environment.ProcessorCount")]
    [InlineData("System.Security.Cryptography.SHA256.HashData([])")]
    [InlineData("System.Security.Cryptography.RandomNumberGenerator.GetBytes(3)")]
    [InlineData("new System.Security.Cryptography.AesGcm([], 16)")]
    [InlineData("System.Security.Cryptography.ChaCha20Poly1305.IsSupported")]
    [InlineData("new System.Security.Cryptography.CryptographicException()")]
    [InlineData("new Thread(() => { })")]
    public async Task What_works_in_a_guest_is_not_reported(string expression) =>
        Assert.Empty(await new GuestCode($"static class Code {{ public static object? Run() => {expression}; }}").WarningsAsync());

    [Fact]
    public async Task Types_of_the_user_with_names_of_the_base_class_library_are_not_reported() =>
        Assert.Empty(await new GuestCode("""
            namespace Shop;

            static class Code
            {
                public static object Run(Process process, ICatalog catalog)
                {
                    process.Priority = 3;
                    return (new File("a"), File.ReadAllText("a"), Process.Start("a"), catalog.Directory, new Catalog.Socket());
                }
            }

            sealed class File(string name)
            {
                public string Name => name;
                public static string ReadAllText(string name) => name;
            }

            sealed class Process
            {
                public int Priority { get; set; }
                public static Process Start(string name) => new() { Priority = name.Length };
            }

            interface ICatalog
            {
                string Directory { get; }
            }

            static class Catalog
            {
                public sealed class Socket;
            }
            """).WarningsAsync());

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task The_code_of_a_page_is_reported_as_the_page_says_until_it_is_fixed(string code)
    {
        DiagnosticPage page = DiagnosticPage.Of(code);

        Assert.Equal(page.Output, (await new GuestCode(GuestCode.Of(page.Example)).WarningsAsync()).Select(GuestCode.LineOf));
        Assert.Empty(await new GuestCode(GuestCode.Of(page.Fix)).WarningsAsync());
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

    [Fact]
    public async Task A_message_links_to_the_page_of_its_code_if_the_build_knows_the_address()
    {
        GuestCode source = new("static class Code { public static string? Run() => Console.ReadLine(); }");

        Assert.Equal(
            "file:///sdk/HL8007.md", Assert.Single(await source.WarningsAsync(helpAddress: "file:///sdk/")).Descriptor.HelpLinkUri);
        Assert.Equal("", Assert.Single(await source.WarningsAsync()).Descriptor.HelpLinkUri);
    }
}
