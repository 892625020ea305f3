using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;

namespace Hyperlight.Generator.CodeFixes;

/// <summary>Puts the invariant culture in place of a culture with a name, which throws in a guest (HL8005).</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
internal sealed class InvariantCultureFix : CodeFixProvider
{
    private const string Culture = "System.Globalization.CultureInfo";

    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [GuestApiRules.Cultures.Id];

    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        SyntaxNode? root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        SemanticModel? model = await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false);
        SyntaxNode? node = root?.FindNode(context.Span, getInnermostNodeForTie: true);
        if (node is not (InvocationExpressionSyntax or BaseObjectCreationExpressionSyntax { Initializer: null })
            || model?.GetTypeInfo(node).Type?.ToDisplayString() is not (Culture or Culture + "?")
            || node.ChildNodes().OfType<ArgumentListSyntax>().SelectMany(list => list.Arguments)
                .Any(argument => !SyntaxEffects.None(argument.Expression)))
        {
            return;
        }

        SyntaxNode invariant = SyntaxFactory.ParseExpression($"global::{Culture}.InvariantCulture")
            .WithTriviaFrom(node).WithAdditionalAnnotations(Simplifier.Annotation);
        context.RegisterCodeFix(
            CodeAction.Create(
                "Use CultureInfo.InvariantCulture",
                _ => Task.FromResult(context.Document.WithSyntaxRoot(root!.ReplaceNode(node, invariant))),
                nameof(InvariantCultureFix)),
            context.Diagnostics);
    }
}
