namespace Hyperlight.Testing.Documents;

/// <summary>A fenced code block of a page.</summary>
/// <param name="Page">The page's path.</param>
/// <param name="Line">The line of the opening fence.</param>
/// <param name="Section">The last heading of level 2 above the block; empty if there is none.</param>
/// <param name="Words">The words behind the opening fence: the language first, then what CONTRIBUTING.md lists.</param>
/// <param name="Text">The lines between the fences.</param>
public sealed record CodeBlock(string Page, int Line, string Section, string[] Words, string Text)
{
    private const string FilePrefix = "file=";
    private const string SourcePrefix = "part=";

    public string Language => Words is [var language, ..] ? language : "";

    /// <summary>The path of the file that the block is or is a part of; null if it is none.</summary>
    public string? FileName => After(FilePrefix);

    /// <summary>The path of the file of the repository that has the lines of the block; null if the block names none.</summary>
    public string? Source => After(SourcePrefix);

    /// <summary>The words that are neither the language nor a file's path.</summary>
    public IEnumerable<string> Marks => Words.Skip(1).Where(
        word => !word.StartsWith(FilePrefix, StringComparison.Ordinal) && !word.StartsWith(SourcePrefix, StringComparison.Ordinal));

    public bool Has(string mark) => Marks.Contains(mark);

    public override string ToString() => $"{Page}:{Line}";

    private string? After(string prefix) =>
        Words.Skip(1).FirstOrDefault(word => word.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..];
}
