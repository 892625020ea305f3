using System.Text.RegularExpressions;
using Hyperlight.Testing;
using Hyperlight.Testing.Documents;

namespace Hyperlight.EndToEnd.Tests.Documents;

/// <summary>
/// A page that starts in an empty folder is followed from top to bottom, with nothing there but what it says: a file is written where it is
/// printed, a command runs where it stands, and what is printed below a command is in the command's output.
/// </summary>
public sealed class WalkthroughTests(PackageFolder packages)
{
    private const string Clone = "hyperlight-sdk";

    public static TheoryData<string> PagesFromAnEmptyFolder =>
        [.. Page.ReadAll(Workspace.RepositoryRoot()).Where(page => page.StartsInEmptyFolder).Select(page => page.Path)];

    [Theory]
    [MemberData(nameof(PagesFromAnEmptyFolder))]
    public void Whoever_follows_a_page_from_an_empty_folder_gets_where_it_leads(string path)
    {
        Kvm.Require();
        IReadOnlyList<CodeBlock> blocks = Page.Read(Workspace.RepositoryRoot(), path).Blocks;
        bool hasCSharpGuest = blocks.Any(block => block.Text.Contains("Hyperlight.Guest.Sdk/", StringComparison.Ordinal));
        using Workspace reader = hasCSharpGuest ? CSharpGuests.Create(packages) : new(packages);
        bool debugs = blocks.Any(block => block.Language == "sh" && block.Text.Contains("gdb --batch", StringComparison.Ordinal));
        Assert.SkipWhen(debugs && Gdb.Missing is not null, Gdb.Missing ?? "");
        string functions = "";
        if (hasCSharpGuest)
        {
            CSharpGuests.Require();
            functions = CSharpGuests.Commands(CSharpGuests.PathWithoutTools(reader));
        }
        else
        {
            CCompiler.Require();
            reader.ForgetFeeds();
            functions = blocks.Any(block => block.Language == "rust") ? CargoHyperlight.Commands() : "";
        }

        LinkClone(reader.Root);

        DotNetResult? last = null;
        foreach (CodeBlock block in blocks.Where(block => !block.Has("repository") && block.Language != "gdb"))
        {
            Assert.True(Follows(block), $"{block}: a page from an empty folder has files, commands and their output");
            if (block.FileName is { } file)
            {
                reader.Write(file, block.Text);
            }
            else if (block.Language == "sh")
            {
                last = reader.Run("bash", "-e", "-c", functions + block.Text);
                CSharpGuests.RequireMachine(last);
                Assert.True(last.ExitCode == 0 != block.Has("fails"), $"{block}: exit code {last.ExitCode}\n{last.Output}\n{last.Error}");
            }
            else
            {
                AssertPrinted(block, last);
            }
        }

        Assert.NotNull(last);
    }

    [Fact]
    public void A_guest_in_CSharp_and_its_host_take_under_ten_lines_each()
    {
        IReadOnlyList<CodeBlock> blocks = Page.Read(Workspace.RepositoryRoot(), "docs/csharp-guests.md").Blocks;

        Assert.All(["Greeter/", "Host/"], side => Assert.InRange(
            blocks.Where(block => block.Language == "csharp" && block.FileName!.StartsWith(side, StringComparison.Ordinal))
                .Sum(block => block.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length),
            1,
            9));
    }

    /// <summary>Whether the test knows what to do with a block.</summary>
    internal static bool Follows(CodeBlock block) => (block.Language, block.FileName, string.Join(' ', block.Marks)) is
        ("xml" or "c" or "csharp" or "rust" or "toml" or "json", not null, "")
        or ("sh", null, "" or "fails" or "repository")
        or ("text", null, "output")
        // A session of gdb or LLDB, which a test of the real debuggers repeats.
        or ("gdb", null, "");

    // The lines of the page, in their order; an ellipsis is anything.
    private static void AssertPrinted(CodeBlock block, DotNetResult? command)
    {
        Assert.True(command is not null, $"{block}: above the block is no command");
        string pattern = string.Join("(.*\n)*?", block.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => $"^{Regex.Escape(line).Replace("…", ".*", StringComparison.Ordinal)}$\n?"));
        string printed = command.Output + command.Error;
        Assert.True(Regex.IsMatch(printed, pattern, RegexOptions.Multiline), $"{block}: it prints\n{printed}");
    }

    // A reader who has packed the SDK in a clone of the repository has the clone beside the folder.
    private static void LinkClone(string root)
    {
        Directory.CreateDirectory(Path.Combine(root, Clone, "artifacts"));
        Directory.CreateSymbolicLink(Path.Combine(root, Clone, "artifacts", "packages"), Path.Combine(AppContext.BaseDirectory, "feed"));
        Directory.CreateSymbolicLink(Path.Combine(root, Clone, "sdk"), Path.Combine(Workspace.RepositoryRoot(), "sdk"));
    }
}
