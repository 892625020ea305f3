using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Hyperlight.Generator;

/// <summary>
/// Warns in projects of guests, which are those with the SDK <c>Hyperlight.Guest.Sdk</c>, of API that cannot work in a guest. What creates
/// an object, or belongs to a type and not to an object, is reported; the uses of the object are not reported again.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class GuestApiAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => GuestApi.Rules;

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            AnalyzerConfigOptionsProvider options = start.Options.AnalyzerConfigOptionsProvider;
            if (Sides.IsGuest(options))
            {
                string helpAddress = CompilerRule.HelpAddress(options);
                start.RegisterOperationAction(
                    found => Check(found, helpAddress),
                    OperationKind.Invocation, OperationKind.ObjectCreation, OperationKind.PropertyReference, OperationKind.MethodReference);
            }
        });
    }

    private static void Check(OperationAnalysisContext context, string helpAddress)
    {
        (ISymbol? member, ImmutableArray<IArgumentOperation> arguments) = context.Operation switch
        {
            IInvocationOperation { TargetMethod: { IsStatic: true } method } call => (method, call.Arguments),
            IMethodReferenceOperation { Method: { IsStatic: true } method } => (method, []),
            IObjectCreationOperation { Constructor: { } constructor } creation => (constructor, creation.Arguments),
            IPropertyReferenceOperation { Property: { IsStatic: true } property } => (property, []),
            IPropertyReferenceOperation { Property: var property, Parent: IAssignmentOperation parent } reference
                when parent.Target == reference => (property, []),
            _ => default((ISymbol?, ImmutableArray<IArgumentOperation>)),
        };
        if (member is not null && GuestApi.RuleOf(member) is { } rule
            && !GuestApi.AreAvailable(rule, arguments) && !IsName(context.Operation))
        {
            string name = member is IMethodSymbol { MethodKind: MethodKind.Constructor }
                ? $"new {member.ContainingType.Name}"
                : $"{member.ContainingType.Name}.{member.Name}";
            context.ReportDiagnostic(Diagnostic.Create(rule.WithPage(helpAddress), context.Operation.Syntax.GetLocation(), name));
        }
    }

    // nameof(Console.In) calls nothing.
    private static bool IsName(IOperation? operation)
    {
        for (; operation is not null; operation = operation.Parent)
        {
            if (operation.Kind == OperationKind.NameOf)
            {
                return true;
            }
        }

        return false;
    }
}
