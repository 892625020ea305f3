using System.Text.Json;
using System.Text.RegularExpressions;
using Hyperlight.Testing.Documents;

namespace Hyperlight.EndToEnd.Tests.Documents;

/// <summary>Every code block of every page is run as it stands. CONTRIBUTING.md says what the words behind an opening fence mean.</summary>
public sealed partial class CodeBlockTests(PackageFolder packages)
{
    private const string Separator = "=== ";

    // Examples of diagnostics run elsewhere, but for those that are programs.
    private static readonly IReadOnlyList<Page> Pages =
    [
        .. Page.ReadAll(Workspace.RepositoryRoot())
            .ExceptBy(DiagnosticPage.All.Where(page => !page.IsRun).Select(page => page.ToString()), page => page.Path),
    ];

    [Fact]
    public void Every_code_block_says_how_it_is_run()
    {
        string[] faults =
        [
            .. Pages.SelectMany(page => page.Faults),
            .. from page in Pages
               from block in page.Blocks
               where !(page.StartsInEmptyFolder && WalkthroughTests.Follows(block))
               where (block.Language, block.FileName, string.Join(' ', block.Marks)) is not (
                   ("csharp", null, "" or "continued" or "fails")
                   or ("csharp", "Program.cs", "")
                   or ("xml", null or "App.csproj" or "App.fsproj" or "App.vbproj", "")
                   or ("fsharp", "Program.fs", "")
                   or ("vb", "Program.vb", "")
                   or ("json", _, "")
                   or ("cs", null, "") // see Every_part_of_a_file_is_in_the_file
                   or ("c" or "ld", not null, "")
                   or ("sh", null, "" or "repository")
                   or ("powershell", null, "")
                   or ("text", null, "" or "output"))
               select $"{block}: nothing runs a block with the words '{string.Join(' ', block.Words)}'; "
                   + "CONTRIBUTING.md lists the words that are allowed",
            .. from page in Pages
               let lines = File.ReadAllLines(Path.Combine(Workspace.RepositoryRoot(), page.Path))
               let seen = string.Join('\n', lines.Where(line => !line.StartsWith("```", StringComparison.Ordinal)))
               from block in page.Blocks
               where block.FileName is { } file && !seen.Contains(Path.GetFileName(file), StringComparison.Ordinal)
               select $"{block}: a reader does not see that this is the file {block.FileName}",
            .. from page in Pages
               where page.HasProgram != page.Blocks.Any(block => block.FileName == "Program.cs")
               select $"{page}: a page prints App.csproj and Program.cs, or neither",
            .. from page in Pages.Where(page => !page.StartsInEmptyFolder)
               from block in page.Blocks
               where (block.Has("output") || block.Has("continued")) && page.CodeAbove(block) is null
               select $"{block}: above the block is no C# that it could belong to",
        ];

        Assert.True(faults.Length == 0, string.Join('\n', faults));
    }

    [Fact]
    public void Every_document_that_is_no_file_is_json()
    {
        Assert.All(
            Pages.SelectMany(page => page.Blocks)
            .Where(block => block is { Language: "json", FileName: null }),
            block => JsonDocument.Parse(block.Text).Dispose());
    }

    [Fact]
    public void Every_part_of_a_file_is_in_the_file()
    {
        string root = Workspace.RepositoryRoot();

        Assert.All(
            Pages.SelectMany(page => page.Blocks).Where(block => block.Language == "cs" || block.Source is not null),
            block =>
            {
                string[] lines = [.. File.ReadLines(Path.Combine(root, block.Source!)).Select(line => line.Trim())];
                Assert.Contains(
                    string.Join('\n', block.Text.TrimEnd().Split('\n').Select(line => line.Trim())),
                    string.Join('\n', lines),
                    StringComparison.Ordinal);
            });
    }

    public static TheoryData<string> PagesWithProgram =>
        [.. Pages.Where(page => page.HasProgram && !page.StartsInEmptyFolder).Select(page => page.Path)];

    [Theory]
    [MemberData(nameof(PagesWithProgram))]
    public void The_project_of_a_page_builds_and_prints_what_the_page_says(string path)
    {
        Page page = Pages.Single(page => page.Path == path);
        CodeBlock project = page.Blocks.Single(block => block.FileName == "App.csproj");
        using ReaderFolder reader = new(packages);
        if (project.Text.Contains("HyperlightGuestSource", StringComparison.Ordinal))
        {
            CCompiler.Require();
        }
        else
        {
            reader.AddGuests();
        }

        RunCommands(reader, [page], beforeCode: true);
        reader.WriteFiles(page);
        reader.Project.Build("build").MustSucceed();

        Kvm.Require();
        string printed = project.Text.Contains("Microsoft.NET.Sdk.Web", StringComparison.Ordinal)
            ? WebProgram.Answer(reader.Project.PathOf("bin/Debug/net10.0/App.dll"), "/hello/World")
            : reader.Project.DotNet("bin/Debug/net10.0/App.dll").MustSucceed().Output;
        AssertOutput(page, page.Blocks.Where(block => block.FileName == "Program.cs"), printed);
        RunCommands(reader, [page], beforeCode: false);
    }

    [Fact]
    public void Every_piece_of_code_and_every_command_runs_as_it_stands()
    {
        Kvm.Require();
        CCompiler.Require();
        using ReaderFolder reader = new(packages);
        reader.AddGuests();
        Piece[] pieces = [.. Pages.SelectMany(Piece.Of).Where(piece => piece.Blocks.Any(block => block.FileName is null))];
        Page[] others = [.. Pages.Where(page => !page.HasProgram && !page.StartsInEmptyFolder)];
        Array.ForEach(others, reader.WriteFiles);
        RunCommands(reader, others, beforeCode: true);
        WriteProject(reader.Project, pieces);
        reader.Project.Build("build").MustSucceed();

        DotNetResult result = reader.Project.DotNet("bin/Debug/net10.0/App.dll").MustSucceed();

        foreach (string section in result.Output.Split(Separator, StringSplitOptions.RemoveEmptyEntries))
        {
            string place = section[..section.IndexOf('\n', StringComparison.Ordinal)];
            Piece piece = pieces.Single(piece => piece.Place == place);
            Page page = Pages.Single(page => page.Path == piece.Blocks[0].Page);
            AssertOutput(page, piece.Blocks, section[(place.Length + 1)..]);
        }

        RunCommands(reader, others, beforeCode: false);
    }

    [Fact]
    public void Every_command_of_the_repository_is_one_that_the_repository_has()
    {
        string root = Workspace.RepositoryRoot();
        string build = File.ReadAllText(Path.Combine(root, "eng", "Build.cs"));
        (string Folder, string Text)[] lines =
        [
            .. from page in Pages
               let folder = Path.Combine(root, Path.GetDirectoryName(page.Path)!)
               from line in page.Blocks.Where(block => block.Has("repository") || block.Language == "powershell")
                   .SelectMany(block => block.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                       .Where(line => block.Language == "sh" || BuildWord().IsMatch(line)))
                   .Concat(InlineCommand().Matches(File.ReadAllText(Path.Combine(root, page.Path))).Select(match => match.Groups[1].Value))
               select (folder, line),
        ];

        Assert.All(lines, line => Assert.True(
            BuildWord().Match(line.Text) is { Success: true } word
                ? build.Contains($"[\"{word.Groups[1].Value}\"", StringComparison.Ordinal)
                : Project().Match(line.Text) is { Success: true } project ? Directory.Exists(Path.Combine(root, project.Groups[1].Value))
                : line.Text.Split(' ')[0] is var program && (program == "dotnet"
                    || File.Exists(Path.Combine(program.StartsWith("./", StringComparison.Ordinal) ? line.Folder : root, program))),
            line.Text));
    }

    // Commands below a page's last C# look at what it left; all others prepare it.
    private static void RunCommands(ReaderFolder reader, Page[] pages, bool beforeCode)
    {
        foreach (Page page in pages)
        {
            int lastCode = page.Blocks.Where(block => block.Language == "csharp").Select(block => block.Line).LastOrDefault(int.MaxValue);
            foreach (CodeBlock block in page.Blocks.Where(
                block => block.Language == "sh" && !block.Has("repository") && block.Line < lastCode == beforeCode))
            {
                reader.Run(page, block);
            }
        }
    }

    private static void WriteProject(Workspace workspace, Piece[] pieces)
    {
        IEnumerable<string> items = Pages.SelectMany(page => page.Blocks)
            .Where(block => block is { Language: "xml", FileName: null, Source: null })
            .Select(block => block.Text);
        workspace.Write("App.csproj", $"""<Project Sdk="Hyperlight.Sdk/0.1.0"><ItemGroup>{string.Concat(items)}</ItemGroup></Project>""");
        foreach (Piece piece in pieces)
        {
            workspace.Write(piece.Namespace + ".cs", piece.ToSource());
        }

        string calls = string.Join('\n', pieces.Select(piece => $$"""
            Console.WriteLine("{{Separator}}{{piece.Place}}");
            {{(piece.Fails ? "try {" : "")}}
            await {{piece.Namespace}}.Piece.RunAsync(args);
            {{(piece.Fails ? "} catch (HyperlightException e) { Console.WriteLine(e.Message); }" : "")}}
            """));
        workspace.Write("Program.cs", calls);
    }

    // An ellipsis stands for a part of its line that differs from run to run.
    private static void AssertOutput(Page page, IEnumerable<CodeBlock> code, string printed)
    {
        CodeBlock[] outputs = [.. page.Blocks.Where(block => block.Has("output") && code.Contains(page.CodeAbove(block)))];
        if (outputs.Length > 0)
        {
            string pattern = Regex.Escape(string.Concat(outputs.Select(block => block.Text)).TrimEnd()).Replace(
                "…", ".*", StringComparison.Ordinal);
            Assert.True(Regex.IsMatch(printed.TrimEnd(), $"^{pattern}$"), $"{outputs[0]}: it prints\n{printed}");
        }
    }

    [GeneratedRegex(@"^(?:\./build\.sh|\.\\build\.cmd) (\w+)")]
    private static partial Regex BuildWord();

    [GeneratedRegex(@"--project (\S+)")]
    private static partial Regex Project();

    [GeneratedRegex(@"`(\./build\.sh \w[^`]*)`")]
    private static partial Regex InlineCommand();
}
