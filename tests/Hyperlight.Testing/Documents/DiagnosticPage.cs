using System.Text.RegularExpressions;

namespace Hyperlight.Testing.Documents;

/// <summary>A page of <c>docs/diagnostics</c>: an example that is told the code, and a fix.</summary>
public sealed class DiagnosticPage
{
    /// <summary>The headings of every page, in their order.</summary>
    public static readonly string[] Headings = ["Example", "How to fix it", "Details"];

    private const string Folder = "docs/diagnostics";
    private readonly Page _page;

    private DiagnosticPage(string code)
    {
        Code = code;
        _page = Page.Read(Repository.Root, $"{Folder}/{code}.md");
        Lines = File.ReadAllLines(Path.Combine(Repository.Root, Folder, code + ".md"));
    }

    /// <summary>All pages, in the order of their codes.</summary>
    public static IReadOnlyList<DiagnosticPage> All { get; } =
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, Folder), "HL*.md").Order(StringComparer.Ordinal)
            .Select(path => new DiagnosticPage(Path.GetFileNameWithoutExtension(path))),
    ];

    /// <summary>The code, for example <c>HL1001</c>.</summary>
    public string Code { get; }

    /// <summary>The lines of the page.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>The code blocks of the example.</summary>
    public IEnumerable<CodeBlock> Example => _page.Blocks.Where(block => block.Section == Headings[0]);

    /// <summary>The code blocks of the fix: files that replace those of the example, and commands.</summary>
    public IEnumerable<CodeBlock> Fix => _page.Blocks.Where(block => block.Section == Headings[1]);

    /// <summary>The lines that the example is told; empty if the page has no example that runs.</summary>
    public string[] Output =>
        [.. Example.Where(block => block.Has("output")).SelectMany(block => block.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>Whether the example is a project that is built.</summary>
    public bool IsBuilt => Example.Any(block => block.Language == "sh" && block.Text.Contains("dotnet build", StringComparison.Ordinal));

    /// <summary>Whether the example is C# that the source generator turns down, or that the analyzer of guests warns of.</summary>
    public bool IsCompiled => Code.StartsWith("HL6", StringComparison.Ordinal) || Code.StartsWith("HL8", StringComparison.Ordinal);

    /// <summary>Whether the example is a program that ends with an exception.</summary>
    public bool IsRun => Example.Any(block => block.Language == "csharp") && !IsCompiled;

    /// <summary>Finds the page of a code.</summary>
    public static DiagnosticPage Of(string code) => All.Single(page => page.Code == code);

    /// <summary>Whether a line is what the page prints, where an ellipsis stands for anything.</summary>
    public static bool Matches(string printed, string line) =>
        Regex.IsMatch(line, $"^{Regex.Escape(printed).Replace("…", ".*", StringComparison.Ordinal)}$");

    /// <inheritdoc/>
    public override string ToString() => $"{Folder}/{Code}.md";
}
