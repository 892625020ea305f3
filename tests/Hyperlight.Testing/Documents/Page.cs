using System.Text.RegularExpressions;

namespace Hyperlight.Testing.Documents;

/// <summary>A Markdown page: its code blocks, its links, and the headings that links may name.</summary>
public sealed partial class Page
{
    private const string Fence = "```";

    private Page(
        string path,
        IReadOnlyList<CodeBlock> blocks,
        IReadOnlyList<PageLink> links,
        IReadOnlySet<string> anchors,
        IReadOnlyList<string> faults)
    {
        Path = path;
        Blocks = blocks;
        Links = links;
        Anchors = anchors;
        Faults = faults;
    }

    /// <summary>The page's path below the folder it was read from, with forward slashes.</summary>
    public string Path { get; }

    /// <summary>The fenced code blocks, from top to bottom.</summary>
    public IReadOnlyList<CodeBlock> Blocks { get; }

    /// <summary>The links outside of code.</summary>
    public IReadOnlyList<PageLink> Links { get; }

    /// <summary>The anchors that a link may name after '#'.</summary>
    public IReadOnlySet<string> Anchors { get; }

    /// <summary>Whether the page prints a whole project.</summary>
    public bool HasProgram => Blocks.Any(block => block.FileName == "App.csproj");

    /// <summary>Whether the page starts in an empty folder: it prints the feeds too, and its commands are run in their order.</summary>
    public bool StartsInEmptyFolder => Blocks.Any(block => block.FileName == "nuget.config");

    /// <summary>Code that is not between fences, and fences that are never closed.</summary>
    public IReadOnlyList<string> Faults { get; }

    public override string ToString() => Path;

    /// <summary>The last block of C# above a block; null if there is none.</summary>
    public CodeBlock? CodeAbove(CodeBlock block) => Blocks.LastOrDefault(other => other.Language == "csharp" && other.Line < block.Line);

    /// <summary>Reads a page.</summary>
    public static Page Read(string root, string path)
    {
        string[] lines = File.ReadAllLines(System.IO.Path.Combine(root, path));
        List<CodeBlock> blocks = [];
        List<PageLink> links = [];
        HashSet<string> anchors = new(StringComparer.Ordinal);
        List<string> faults = [];
        string section = "";
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i];
            string text = line.TrimStart();
            if (text.StartsWith(Fence, StringComparison.Ordinal))
            {
                int end = Array.FindIndex(lines, i + 1, other => other.Trim() == Fence);
                if (end < 0)
                {
                    faults.Add($"{path}:{i + 1}: the code block has no end");
                    break;
                }

                int indent = line.Length - text.Length;
                IEnumerable<string> code = lines[(i + 1)..end].Select(
                    inside => inside.Length >= indent ? inside[indent..] : inside.TrimStart());
                string[] blockWords = text[Fence.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                blocks.Add(new(path, i + 1, section, blockWords, string.Join('\n', code) + "\n"));
                i = end;
                continue;
            }

            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                section = line[3..].Trim();
            }

            if (text.StartsWith("~~~", StringComparison.Ordinal)
                || (line.StartsWith("    ", StringComparison.Ordinal) && i > 0 && lines[i - 1].Length == 0))
            {
                faults.Add($"{path}:{i + 1}: code stands between lines of {Fence}");
            }

            string words = CodeSpan().Replace(line, "");
            links.AddRange(InlineLink().Matches(words).Concat(Definition().Matches(words))
                .Select(match => new PageLink(path, i + 1, match.Groups[1].Value)));
            if (Heading().Match(line) is { Success: true } heading)
            {
                string anchor = AnchorOf(heading.Groups[1].Value);
                for (int copy = 1; !anchors.Add(copy == 1 ? anchor : $"{anchor}-{copy - 1}"); copy++)
                {
                }
            }
        }

        return new(path, blocks, links, anchors, faults);
    }

    /// <summary>All pages below a folder, but for those in folders of build output.</summary>
    public static IReadOnlyList<Page> ReadAll(string root) =>
    [
        .. FilesBelow(new(root))
            .Select(file => System.IO.Path.GetRelativePath(root, file.FullName).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)
            .Select(path => Read(root, path)),
    ];

    // Folders of build output are not entered, because a link there may lead to the whole machine.
    private static IEnumerable<FileInfo> FilesBelow(DirectoryInfo folder) =>
        folder.EnumerateFiles("*.md").Concat(
            folder.EnumerateDirectories()
                .Where(inner => inner.Name is not ("bin" or "obj" or "artifacts" or ".git"))
                .SelectMany(FilesBelow));

    // Anchors as GitHub makes them: lower case, spaces become hyphens, other punctuation goes.
    private static string AnchorOf(string heading) =>
        string.Concat(heading.Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')
            .Select(c => c == ' ' ? '-' : c));

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"\]\(([^()\s]+(?:\([^()\s]*\)[^()\s]*)*)(?:\s+""[^""]*"")?\)")]
    private static partial Regex InlineLink();

    [GeneratedRegex(@"^\s*\[[^\]]+\]:\s*(\S+)")]
    private static partial Regex Definition();

    [GeneratedRegex(@"^#{1,6}\s+(.+?)\s*#*$")]
    private static partial Regex Heading();
}
