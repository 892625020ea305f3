using Hyperlight.Testing.Documents;

namespace Hyperlight.EndToEnd.Tests.Documents;

/// <summary>
/// The folders of a reader who does what the pages say: a clone of the repository in which the SDK was packed, and beside it the folder of
/// a project with guests. Commands of pages in the folder docs run in the project's folder, those of a sample's page in the sample's, all
/// others at the root of the clone. Files lie where their page's commands run; a project that a page prints lies in the project's folder.
/// </summary>
internal sealed class ReaderFolder : IDisposable
{
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);
    private readonly string _clone;

    public ReaderFolder(PackageFolder packages)
    {
        Project = new(packages);
        _clone = Path.Combine(Project.Root, "clone");
    }

    /// <summary>The folder of the reader's project.</summary>
    public Workspace Project { get; }

    public void Dispose() => Project.Dispose();

    /// <summary>Adds the guests that pages use and do not print.</summary>
    public void AddGuests()
    {
        Project.AddHello();
        // The guest that docs/snapshots.md calls solver: it asks the host's Settings at its start.
        Project.AddGuest("tests/guests/warm.elf", "guests/solver.elf");
    }

    /// <summary>Writes the files that a page prints. A file that is printed in parts is their sequence.</summary>
    public void WriteFiles(Page page)
    {
        foreach (IGrouping<string, CodeBlock> file in page.Blocks
            .Where(block => block.FileName is not null && !LanguageTests.IsOfOtherLanguage(block))
            .GroupBy(block => block.FileName!, StringComparer.Ordinal))
        {
            string text = string.Concat(file.Select(block => block.Text));
            string path = Path.Combine(page.HasProgram ? Project.Folder : FolderOf(page), file.Key);
            Assert.True(_files.TryAdd(path, text) || _files[path] == text, $"{file.First()}: another page prints another {file.Key}");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
    }

    /// <summary>Runs a block of commands, which must succeed. Where there is no debugger, its commands are passed over.</summary>
    public void Run(Page page, CodeBlock block)
    {
        string script = $"""
            cd '{FolderOf(page)}'
            command -v gdb > /dev/null || gdb() {"{ :; }"}
            {block.Text}
            """;
        DotNetResult result = Project.Run("bash", "-e", "-c", script);
        Assert.True(result.ExitCode == 0, $"{block}: exit code {result.ExitCode}\n{result.Output}\n{result.Error}");
    }

    private string FolderOf(Page page)
    {
        string[] path = page.Path.Split('/');
        if (path[0] == "docs")
        {
            return Project.Folder;
        }

        if (!Directory.Exists(_clone))
        {
            Copy(Workspace.RepositoryRoot(), _clone);
            Directory.CreateDirectory(Path.Combine(_clone, "artifacts"));
            Directory.CreateSymbolicLink(Path.Combine(_clone, "artifacts", "packages"), Path.Combine(AppContext.BaseDirectory, "feed"));
        }

        return path[0] == "samples" ? Path.Combine(_clone, "samples", path[1]) : _clone;
    }

    // Without what was built.
    private static void Copy(string source, string target)
    {
        Directory.CreateDirectory(target);
        foreach (string file in Directory.EnumerateFiles(source))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        foreach (string folder in Directory.EnumerateDirectories(source))
        {
            if (Path.GetFileName(folder) is var name && name is not ("bin" or "obj" or "artifacts" or ".git" or "TestResults"))
            {
                Copy(folder, Path.Combine(target, name));
            }
        }
    }
}
