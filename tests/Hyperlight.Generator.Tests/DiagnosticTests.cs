using System.Globalization;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace Hyperlight.Generator.Tests;

/// <summary>Tests the diagnostics HL6001 to HL6023.</summary>
public sealed class DiagnosticTests
{
    private const string Usings = """
        using System;
        using System.Collections.Generic;
        using System.Threading;
        using System.Threading.Tasks;
        using Hyperlight;

        """;

    private static readonly string Pages = Path.Combine(AppContext.BaseDirectory, "diagnostics");

    private static readonly DiagnosticDescriptor[] AllRules =
        [.. typeof(TypedCallRules).GetFields(BindingFlags.Public | BindingFlags.Static).Select(
            field => (DiagnosticDescriptor)field.GetValue(null)!)];

    /// <summary>
    /// Each row has an interface or a member, with the place of the error in brackets, the code, and a part of the message.
    /// </summary>
    public static TheoryData<string, string, string> Mistakes => new()
    {
        { "[GuestInterface] interface [|ICalculator|] { int Add(int a, int b); }", "HL6001", "ICalculator is not partial" },

        {
            "partial class Outer { [GuestInterface] partial interface [|IInner|] { int Add(int a); } }",
            "HL6002",
            "IInner is nested in Outer"
        },
        { "[GuestInterface] file partial interface [|IHere|] { int Add(int a); }", "HL6002", "IHere is file-local" },

        { "[GuestInterface] partial interface [|IEcho|]<T> { int Echo(int value); }", "HL6003", "IEcho is generic" },
        { "T [|Echo|]<T>(T value);", "HL6003", "I.Echo is generic" },

        { "[GuestInterface] partial interface [|I|] : IDisposable { int Add(int a); }", "HL6004", "I extends IDisposable" },

        { "int [|Count|] { get; }", "HL6005", "I.Count is a property" },
        { "int [|this|][int index] { get; set; }", "HL6005", "is an indexer" },
        { "event Action [|Done|];", "HL6005", "I.Done is an event" },
        { "static abstract int [|Add|](int a);", "HL6005", "I.Add is static" },

        {
            "void Add(object [|a|]);",
            "HL6006",
            "Parameter a of I.Add is of type object, which cannot cross between host and guest: use numbers, bool,"
        },
        { "void Add(Half [|a|]);", "HL6006", "of type Half" },
        { "void Add(IEnumerable<int> [|a|]);", "HL6006", "of type IEnumerable<int>" },
        { "void Add(Dictionary<int, int> [|a|]);", "HL6006", "of type Dictionary<int, int>" },
        { "void Add(System.IO.Stream [|a|]);", "HL6006", "of type Stream" },
        { "void Add(object?[] [|a|]);", "HL6006", "of type object?[]" },
        { "void Add(byte[,] [|a|]);", "HL6006", "of type byte[,]" },
        { "void Add(Memory<byte> [|a|]);", "HL6006", "of type Memory<byte>" },
        { "void Add(ReadOnlyMemory<char> [|a|]);", "HL6006", "of type ReadOnlyMemory<char>" },
        { "void Add(ReadOnlySpan<byte> [|a|]);", "HL6006", "of type ReadOnlySpan<byte>" },
        { "void Add(dynamic [|a|]);", "HL6006", "of type dynamic" },
        { "void Add(Task<int> [|a|]);", "HL6006", "of type Task<int>" },
        { "void Add(nint [|a|]);", "HL6006", "of type nint" },
        { "void Add(Int128 [|a|]);", "HL6006", "of type Int128" },
        { "void Add(Exception [|a|]);", "HL6006", "of type Exception" },
        { "void Add(Func<int> [|a|]);", "HL6006", "of type Func<int>" },
        { "unsafe void Add(int* [|a|]);", "HL6006", "of type int*" },
        { "void Add(CancellationToken? [|a|]);", "HL6006", "of type CancellationToken?" },

        { "Uri [|Next|]();", "HL6007", "I.Next returns Uri" },
        { "ValueTask<object> [|NextAsync|]();", "HL6007", "I.NextAsync returns ValueTask<object>" },
        { "ValueTask? [|NextAsync|]();", "HL6007", "I.NextAsync returns ValueTask?" },
        { "IAsyncEnumerable<int> [|NextAsync|]();", "HL6007", "I.NextAsync returns IAsyncEnumerable<int>" },
        { "Task[] [|NextAsync|]();", "HL6007", "I.NextAsync returns Task[]" },
        { "Task<object?> [|NextAsync|]();", "HL6007", "I.NextAsync returns Task<object?>" },
        { "Task<Task> [|NextAsync|]();", "HL6007", "I.NextAsync returns Task<Task>" },
        { "Task? [|NextAsync|]();", "HL6007", "I.NextAsync returns Task?" },
        { "ref int [|Next|]();", "HL6007", "I.Next returns ref int" },
        { "ref readonly int [|Next|]();", "HL6007", "I.Next returns ref readonly int" },

        { "void Add(ref int [|a|]);", "HL6008", "Parameter a of I.Add is ref;" },
        { "void Add(out int [|a|]);", "HL6008", "is out;" },
        { "void Add(in int [|a|]);", "HL6008", "is in;" },
        { "void Add(ref readonly int [|a|]);", "HL6008", "is ref readonly;" },
        { "void Add(params byte[] [|a|]);", "HL6008", "is params;" },

        {
            "void [|Add|](int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l);",
            "HL6009",
            "I.Add has 12 parameters; a function of these types takes at most 11"
        },

        {
            "int Add(int a); int [|Add|](string a);",
            "HL6010",
            "I.Add calls the guest's function Add(String) -> Int, where another method calls Add(Int) -> Int"
        },
        { "int Add(int a); Task<long> [|AddAsync|](int a);", "HL6010", "I.AddAsync calls the guest's function Add(Int) -> Long" },
        {
            "int Add(int a); [GuestFunction(\"Add\")] int [|Sum|](int a, int b);",
            "HL6010",
            "I.Sum calls the guest's function Add(Int, Int) -> Int"
        },

        { "Task AddAsync(CancellationToken [|token|], int a);", "HL6011", "Parameter token of I.AddAsync is a CancellationToken" },

        { "[GuestFunction(\"\")] int [|Add|](int a);", "HL6012", "I.Add names no function" },
        { "[GuestFunction(null!)] int [|Add|](int a);", "HL6012", "I.Add names no function" },

        { "int [|For|](int a);", "HL6013", "I.For has the name of a generated member" },
        { "[GuestInterface] partial interface [|For|] { int Add(int a); }", "HL6013", "For has the name" },
        { "[GuestInterface] partial interface [|GuestProxy|] { int Add(int a); }", "HL6013", "GuestProxy has the name" },
        { "enum [|GuestProxy|] { None }", "HL6013", "I.GuestProxy has the name" },

        {
            "void Add(Order[] [|a|]); record Order(string Id, Line Line); record Line(object Tag);",
            "HL6017",
            "Parameter a of I.Add contains the type Line, which has a member of type object, which cannot cross"
        },
        {
            "Order? [|Get|](); struct Order { public Action Done; }",
            "HL6017",
            "The result of I.Get contains the type Order, which has a member of type Action"
        },
        {
            "void Add(Node [|a|]); record Node(int Id, Node? Next);",
            "HL6018",
            "Parameter a of I.Add contains the type Node inside another Node, or more than 16 objects deep"
        },
        { "void Add(Deep<int> [|a|]); record Deep<T>(Deep<T[]>? Next);", "HL6018", "or more than 16 objects deep" },
        { "void Add(Order [|a|]); class Order(int id) { }", "HL6019", "Parameter a of I.Add contains the type Order, which" },
        { "void Add(Order [|a|]); class Order(int number) { public int Id => number; }", "HL6019", "contains the type Order" },
        { "void Add(Order [|a|]); abstract record Order(int Id);", "HL6019", "contains the type Order" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_one_error_at_its_place(string source, string code, string message)
    {
        string interfaces = source.Contains("[GuestInterface]", StringComparison.Ordinal)
            ? source
            : $"[GuestInterface] partial interface I {{ {source} }}";
        (string text, TextSpan span) = WithoutBrackets(Usings + interfaces);

        AssertOne(text, span, code, message);
        // A host interface need not be partial, takes fewer parameters, and has other names.
        if (code is not ("HL6001" or "HL6009" or "HL6010" or "HL6013"))
        {
            AssertOne(text.Replace("[GuestInterface]", "[HostInterface] ", StringComparison.Ordinal), span, code, message);
        }
    }

    [Theory]
    [InlineData("void [|Add|](int a, int b, int c, int d, int e, int f, int g);", "HL6009", "takes at most 6")]
    [InlineData("void [|Add|](int a, int b, int c, int d, int e, int f, CancellationToken g);", "HL6009", "takes at most 6")]
    [InlineData("int Add(int a); int [|Add|](string a);", "HL6010", "I.Add calls the guest's function I.Add(String) -> Int")]
    public void A_mistake_of_a_host_interface_is_one_error_at_its_place(string member, string code, string message)
    {
        (string text, TextSpan span) = WithoutBrackets($"{Usings}[HostInterface] interface I {{ {member} }}");
        AssertOne(text, span, code, message);
    }

    [Fact]
    public void A_host_interface_may_use_the_names_that_a_guest_interface_may_not() =>
        Assert.Empty(GeneratorRun.Of("[Hyperlight.HostInterface] interface For { int GuestProxy(int a); }").Found);

    private static void AssertOne(string text, TextSpan span, string code, string message)
    {
        GeneratorRun run = GeneratorRun.Of(text, allowUnsafe: true);

        Diagnostic found = Assert.Single(run.Found);
        Assert.Equal((code, DiagnosticSeverity.Error), (found.Id, found.Severity));
        Assert.Equal(("Source0.cs", span), (found.Location.GetLineSpan().Path, found.Location.SourceSpan));
        Assert.Equal(text[..span.Start].Count(c => c == '\n'), found.Location.GetLineSpan().StartLinePosition.Line);
        Assert.Contains(message, found.GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        // The compiler reports no error in addition.
        Assert.DoesNotContain(run.OfCompiler, error => error.Severity == DiagnosticSeverity.Error);
    }

    [Theory]
    [InlineData(LanguageVersion.CSharp7_3, "7.3")]
    [InlineData(LanguageVersion.CSharp8, "8.0")]
    [InlineData(LanguageVersion.CSharp9, null)]
    [InlineData(LanguageVersion.CSharp12, null)]
    [InlineData(LanguageVersion.CSharp13, null)]
    public void A_language_without_init_only_properties_is_too_old(LanguageVersion language, string? tooOld)
    {
        GeneratorRun run = GeneratorRun.Of("""
            namespace My.@event
            {
                [Hyperlight.GuestInterface]
                partial interface I
                {
                    int Add(int a, System.Threading.CancellationToken token);
                    System.Threading.Tasks.Task<string> EchoAsync(string text);
                    void None();
                }
            }
            """, language, nullable: false);

        Assert.Equal(tooOld is null ? null : "HL6014", run.Found.SingleOrDefault()?.Id);
        Assert.Equal(
            tooOld is null ? null : $"The language version is C# {tooOld}; the implementation of I needs C# 9.0 or later: remove "
                + "LangVersion from the project, or raise it.",
            run.Found.SingleOrDefault()?.GetMessage(CultureInfo.InvariantCulture));
        Assert.Empty(run.OfCompiler);
    }

    [Fact]
    public void Everything_that_is_wrong_is_reported_together()
    {
        GeneratorRun run = GeneratorRun.Of(Usings + """
            [GuestInterface]
            partial interface I : IDisposable
            {
                Uri Add(ref int a, object b);
                int Count { get; set; }
                T Echo<T>(T value, out int rest);
            }
            """);

        Assert.Equal(
            ["HL6003", "HL6004", "HL6005", "HL6006", "HL6007", "HL6008"],
            run.Found.Select(found => found.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_mistake_leaves_the_callers_of_the_interface_alone()
    {
        GeneratorRun run = GeneratorRun.Of(Usings + """
            [GuestInterface] partial interface I { int Add(object a); }
            static class Caller { public static int Call(Sandbox sandbox) => I.For(sandbox).Add(1); }
            """);

        Assert.Equal("HL6006", Assert.Single(run.Found).Id);
        Assert.DoesNotContain(run.OfCompiler, error => error.Severity == DiagnosticSeverity.Error);
    }

    [Theory]
    [InlineData("int Add(Missing a);", "CS0246")]
    [InlineData("Task<Missing> AddAsync();", "CS0246")]
    [InlineData("[GuestFunction(Missing)] int Add(int a);", "CS0103")]
    [InlineData("} [GuestInterface] partial interface I { int Add(int a);", "CS0579")]
    public void What_the_compiler_reports_is_not_reported_again(string member, string code)
    {
        GeneratorRun run = GeneratorRun.Of($"{Usings}[GuestInterface] partial interface I {{ {member} }}");

        Assert.Empty(run.Found);
        Assert.Equal(code, Assert.Single(run.OfCompiler, error => error.Severity == DiagnosticSeverity.Error).Id);
    }

    [Fact]
    public void A_message_links_to_its_page_where_the_build_knows_the_folder()
    {
        string source = "[Hyperlight.GuestInterface] interface I;";

        Assert.Equal(
            "file:///sdk/HL6001.md", Assert.Single(GeneratorRun.Of(source, helpAddress: "file:///sdk/").Found).Descriptor.HelpLinkUri);
        Assert.Equal("", Assert.Single(GeneratorRun.Of(source).Found).Descriptor.HelpLinkUri);
    }

    [Fact]
    public void Every_rule_is_provoked_by_a_test() =>
        Assert.Equal(
            AllRules.Select(rule => rule.Id).Order(StringComparer.Ordinal),
            Mistakes.Select(row => row.Data.Item2)
                .Concat(["HL6014", "HL6015", "HL6016", "HL6020", "HL6021", "HL6022", "HL6023"]).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Every_rule_is_of_the_family_and_has_a_code_of_its_own()
    {
        Assert.All(AllRules, rule => Assert.Matches("^HL6[0-9]{3}$", rule.Id));
        Assert.Equal(AllRules.Length, AllRules.Select(rule => rule.Id).Distinct().Count());
    }

    [Fact]
    public void Every_rule_has_a_page_that_names_it_and_every_page_has_a_rule()
    {
        string list = File.ReadAllText(Path.Combine(Pages, "README.md"));
        Assert.All(AllRules, rule =>
        {
            string title = rule.Title.ToString(CultureInfo.InvariantCulture);
            string page = File.ReadAllText(Path.Combine(Pages, rule.Id + ".md"));
            Assert.StartsWith($"# {rule.Id}: {title}\n", page, StringComparison.Ordinal);
            Assert.Contains($"*{rule.DefaultSeverity}.*", page, StringComparison.Ordinal);
            Assert.Contains($"| [{rule.Id}]({rule.Id}.md) | error | {title} |", list, StringComparison.Ordinal);
        });

        Assert.Equal(
            AllRules.Select(rule => rule.Id).Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(Pages, "HL6*.md").Select(path => Path.GetFileNameWithoutExtension(path))
                .Order(StringComparer.Ordinal));
    }

    private static (string Text, TextSpan Span) WithoutBrackets(string source)
    {
        int start = source.IndexOf("[|", StringComparison.Ordinal);
        int end = source.IndexOf("|]", StringComparison.Ordinal) - 2;
        return (source.Replace("[|", "", StringComparison.Ordinal).Replace("|]", "", StringComparison.Ordinal), TextSpan.FromBounds(
            start, end));
    }
}
