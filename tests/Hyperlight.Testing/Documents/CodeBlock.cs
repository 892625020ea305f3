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

    public string Language => Words is [var language, ..] ? language : "";

    /// <summary>The path of the file that the block is or is a part of; null if it is none.</summary>
    public string? FileName =>
        Words.Skip(1).FirstOrDefault(word => word.StartsWith(FilePrefix, StringComparison.Ordinal))?[FilePrefix.Length..];

    /// <summary>The words that are neither the language nor a file's path.</summary>
    public IEnumerable<string> Marks => Words.Skip(1).Where(word => !word.StartsWith(FilePrefix, StringComparison.Ordinal));

    public bool Has(string mark) => Marks.Contains(mark);

    public override string ToString() => $"{Page}:{Line}";
}
