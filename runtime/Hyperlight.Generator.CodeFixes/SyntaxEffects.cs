using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Hyperlight.Generator.CodeFixes;

/// <summary>Says which code can be removed.</summary>
internal static class SyntaxEffects
{
    /// <summary>Whether an expression only names and reads, so that the program does the same without it.</summary>
    public static bool None(ExpressionSyntax expression) => expression.DescendantNodesAndSelf().All(
        node => node is SimpleNameSyntax or MemberAccessExpressionSyntax or ThisExpressionSyntax or LiteralExpressionSyntax);
}
