using System.Collections.Immutable;
using Hyperlight.Generator.CodeFixes;
using Hyperlight.Testing.Documents;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;

namespace Hyperlight.Generator.Tests;

/// <summary>Tests the changes that an editor offers for the diagnostics HL8xxx.</summary>
public sealed class GuestApiFixTests
{
    private static readonly CodeFixProvider[] Fixes = [new ThreadPriorityFix(), new InvariantCultureFix()];

    [Theory]
    [InlineData("HL8004")]
    [InlineData("HL8005")]
    public async Task The_fix_makes_of_the_example_of_a_page_what_the_page_shows(string code)
    {
        DiagnosticPage page = DiagnosticPage.Of(code);

        Assert.Equal(GuestCode.Of(page.Fix), await FixedAsync(GuestCode.Of(page.Example)));
    }

    [Theory]
    [InlineData("if (urgent) thread.Priority = high;", "if (urgent) { }")]
    [InlineData("switch (urgent) { case true: this.thread.Priority = high; break; }", "switch (urgent) { case true: break; }")]
    [InlineData("_ = new Thread(Run) { Priority = high };", "_ = new Thread(Run);")]
    [InlineData("_ = new Thread(Run) { Name = \"a\", Priority = high };", "_ = new Thread(Run) { Name = \"a\" };")]
    [InlineData("Thread.CurrentThread.Priority = ThreadPriority.Highest;", "")]
    public async Task An_assignment_to_a_priority_is_removed(string statement, string expected) =>
        Assert.Equal(Words(InMethod(expected)), Words(await FixedAsync(InMethod(statement))));

    [Theory]
    [InlineData("using System.Globalization; class A { CultureInfo c = new(\"de\"); }", "CultureInfo c = CultureInfo.InvariantCulture;")]
    [InlineData(
        "class A { object c = System.Globalization.CultureInfo.GetCultureInfo(\"de\"); }",
        "object c = System.Globalization.CultureInfo.InvariantCulture;")]
    [InlineData(
        "using System.Globalization; class A { string F(string n) => 1.ToString(CultureInfo.CreateSpecificCulture(n)); }",
        "1.ToString(CultureInfo.InvariantCulture)")]
    public async Task A_culture_with_a_name_becomes_the_invariant_culture(string source, string expected) =>
        Assert.Contains(expected, await FixedAsync(source), StringComparison.Ordinal);

    /// <summary>A value that is used, and code that does more than to read, stay: the user decides.</summary>
    [Theory]
    [InlineData("thread.Priority = Choose();")]
    [InlineData("Other().Priority = high;")]
    [InlineData("ThreadPriority used = thread.Priority = high;")]
    [InlineData("Action act = () => thread.Priority = high;")]
    [InlineData("_ = new System.Globalization.CultureInfo(Choose().ToString());")]
    [InlineData("_ = new System.Globalization.RegionInfo(\"DE\");")]
    [InlineData("Func<string, object> find = System.Globalization.CultureInfo.GetCultureInfo;")]
    [InlineData("File.Delete(\"a\");")]
    public async Task Nothing_is_offered_where_a_fix_could_change_more_than_it_says(string statement) =>
        Assert.Empty(await ActionsAsync(new GuestCode(InMethod(statement))));

    [Fact]
    public async Task All_places_of_a_file_are_fixed_at_once()
    {
        GuestCode code = new(InMethod("thread.Priority = high; Run(); thread.Priority = high;"));
        ImmutableArray<Diagnostic> warnings = await code.WarningsAsync();
        CodeFixProvider fix = Fixes[0];
        FixAllContext context = new(
            code.Document, fix, FixAllScope.Document, nameof(ThreadPriorityFix), fix.FixableDiagnosticIds, new Known(warnings), default);

        CodeAction? action = await fix.GetFixAllProvider()!.GetFixAsync(context);

        Assert.Equal(2, warnings.Length);
        Assert.Equal(Words(InMethod("Run();")), Words(await AppliedAsync(code, action!)));
    }

    private static string InMethod(string statement) => $$"""
        class Code(Thread thread, ThreadPriority high, bool urgent)
        {
            Thread thread = thread;
            void Run()
            {
                {{statement}}
            }
            Thread Other() => urgent ? thread : Thread.CurrentThread;
            ThreadPriority Choose() => high;
        }
        """;

    // The editor of the user has rules for spaces and lines of its own.
    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static async Task<string> FixedAsync(string source)
    {
        GuestCode code = new(source);
        return await AppliedAsync(code, Assert.Single(await ActionsAsync(code)));
    }

    private static async Task<List<CodeAction>> ActionsAsync(GuestCode code)
    {
        List<CodeAction> actions = [];
        Diagnostic warning = Assert.Single(await code.WarningsAsync());
        foreach (CodeFixProvider fix in Fixes.Where(fix => fix.FixableDiagnosticIds.Contains(warning.Id)))
        {
            await fix.RegisterCodeFixesAsync(new(code.Document, warning, (action, _) => actions.Add(action), default));
        }

        return actions;
    }

    private static async Task<string> AppliedAsync(GuestCode code, CodeAction action)
    {
        ApplyChangesOperation changes = Assert.IsType<ApplyChangesOperation>(Assert.Single(await action.GetOperationsAsync(default)));
        Document changed = changes.ChangedSolution.GetDocument(code.Document.Id)!;
        return (await changed.GetTextAsync()).ToString();
    }

    private sealed class Known(ImmutableArray<Diagnostic> warnings) : FixAllContext.DiagnosticProvider
    {
        public override Task<IEnumerable<Diagnostic>> GetAllDiagnosticsAsync(Project project, CancellationToken cancellationToken) =>
            Task.FromResult<IEnumerable<Diagnostic>>(warnings);

        public override Task<IEnumerable<Diagnostic>> GetDocumentDiagnosticsAsync(Document document, CancellationToken cancellationToken) =>
            Task.FromResult<IEnumerable<Diagnostic>>(warnings);

        public override Task<IEnumerable<Diagnostic>> GetProjectDiagnosticsAsync(Project project, CancellationToken cancellationToken) =>
            Task.FromResult<IEnumerable<Diagnostic>>(warnings);
    }
}
