using Hyperlight.Testing.Documents;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hyperlight.EndToEnd.Tests.Documents;

/// <summary>
/// C# that a page prints: one block and those that are marked as its continuation. They are one program, with types of its own.
/// </summary>
internal sealed record Piece(IReadOnlyList<CodeBlock> Blocks)
{
    /// <summary>Where the piece begins.</summary>
    public string Place => Blocks[0].ToString();

    /// <summary>Whether the piece ends with an exception, whose message is the last line that it prints.</summary>
    public bool Fails => Blocks[0].Has("fails");

    /// <summary>The namespace that keeps the piece apart from others.</summary>
    public string Namespace => "Pages." + string.Concat(Place.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    /// <summary>The pieces of a page.</summary>
    public static IEnumerable<Piece> Of(Page page)
    {
        List<CodeBlock> blocks = [];
        foreach (CodeBlock block in page.Blocks.Where(block => block.Language == "csharp"))
        {
            if (!block.Has("continued") && blocks.Count > 0)
            {
                yield return new([.. blocks]);
                blocks.Clear();
            }

            blocks.Add(block);
        }

        if (blocks.Count > 0)
        {
            yield return new(blocks);
        }
    }

    /// <summary>A file with a method that runs the statements. Errors have the line of the page.</summary>
    public string ToSource()
    {
        CompilationUnitSyntax[] units = [.. Blocks.Select(block => CSharpSyntaxTree.ParseText(block.Text).GetCompilationUnitRoot())];
        return $$"""
            {{Join(units, unit => unit.Usings)}}
            namespace {{Namespace}}
            {
                internal static class Piece
                {
                    public static async Task RunAsync(string[] args)
                    {
            {{Join(units, unit => unit.Members.Where(member => member is GlobalStatementSyntax))}}
                        await Task.CompletedTask;
                    }
                }
            {{Join(units, unit => unit.Members.Where(member => member is not GlobalStatementSyntax))}}
            }

            """;
    }

    private string Join(CompilationUnitSyntax[] units, Func<CompilationUnitSyntax, IEnumerable<SyntaxNode>> parts) =>
        string.Concat(units.Zip(Blocks).SelectMany(pair => parts(pair.First).Select(
            node => $"#line {LineOf(node, pair.Second)} \"{pair.Second.Page}\"\n{node.ToFullString()}\n")));

    private static int LineOf(SyntaxNode node, CodeBlock block) =>
        block.Line + 1 + node.SyntaxTree.GetLineSpan(node.FullSpan).StartLinePosition.Line;
}
