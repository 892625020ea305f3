using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace Hyperlight.Generator.CodeFixes;

/// <summary>Removes an assignment to the priority of a thread, which has no effect in a guest (HL8004).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
internal sealed class ThreadPriorityFix : CodeFixProvider
{
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [GuestApiRules.ThreadPriority.Id];

    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        SyntaxNode? root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        if (root?.FindNode(context.Span).FirstAncestorOrSelf<AssignmentExpressionSyntax>() is { } assignment
            && SyntaxEffects.None(assignment.Left) && SyntaxEffects.None(assignment.Right) && Without(root, assignment) is { } changed)
        {
            context.RegisterCodeFix(
                CodeAction.Create(
                    "Remove the assignment",
                    _ => Task.FromResult(context.Document.WithSyntaxRoot(changed)),
                    nameof(ThreadPriorityFix)),
                context.Diagnostics);
        }
    }

    // An assignment whose value is used, or which is the body of a lambda, stays.
    private static SyntaxNode? Without(SyntaxNode root, AssignmentExpressionSyntax assignment) => assignment.Parent switch
    {
        ExpressionStatementSyntax { Parent: BlockSyntax or SwitchSectionSyntax or GlobalStatementSyntax } statement => root.RemoveNode(
            statement.Parent is GlobalStatementSyntax global ? global : statement, SyntaxRemoveOptions.KeepUnbalancedDirectives),
        ExpressionStatementSyntax statement => root.ReplaceNode(statement, SyntaxFactory.Block().WithTriviaFrom(statement)),
        InitializerExpressionSyntax { Expressions.Count: 1, Parent: ObjectCreationExpressionSyntax { ArgumentList: not null } creation } =>
            root.ReplaceNode(
                creation,
                creation.WithInitializer(null).WithArgumentList(creation.ArgumentList.WithoutTrailingTrivia())
                    .WithTriviaFrom(creation).WithAdditionalAnnotations(Formatter.Annotation)),
        InitializerExpressionSyntax { Expressions.Count: > 1 } initializer => root.ReplaceNode(
            initializer,
            initializer.WithExpressions(initializer.Expressions.Remove(assignment)).WithAdditionalAnnotations(Formatter.Annotation)),
        _ => null,
    };
}
