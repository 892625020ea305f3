using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator;

/// <summary>The members of a class, struct or record that cross, and how an object is created from them.</summary>
internal sealed class ValueObject
{
    private ValueObject(IEnumerable<(ISymbol Member, ITypeSymbol Type)> members, int argumentCount)
    {
        Members = [.. members];
        ArgumentCount = argumentCount;
    }

    /// <summary>Gets the members: those of the constructor in its order, then the others by their names.</summary>
    public IReadOnlyList<(ISymbol Member, ITypeSymbol Type)> Members { get; }

    /// <summary>Gets the number of members that are arguments of the constructor.</summary>
    public int ArgumentCount { get; }

    /// <summary>
    /// Gets the members of a type; <c>null</c> if there is none, or if no constructor takes only arguments that have the name and type of a
    /// member. The constructor with the most parameters is used.
    /// </summary>
    public static ValueObject? Of(INamedTypeSymbol type)
    {
        List<ISymbol> readable = [.. Readable(type)];
        ISymbol? MemberFor(IParameterSymbol parameter) => readable.FirstOrDefault(member =>
            string.Equals(member.Name, parameter.Name, StringComparison.OrdinalIgnoreCase)
            && SymbolEqualityComparer.Default.Equals(TypeOf(member), parameter.Type));

        IMethodSymbol? constructor = type.InstanceConstructors
            .Where(candidate => candidate.DeclaredAccessibility == Accessibility.Public && candidate.Parameters.All(
                parameter => parameter.RefKind is RefKind.None or RefKind.In && MemberFor(parameter) is not null))
            .OrderByDescending(candidate => candidate.Parameters.Length)
            .ThenBy(candidate => string.Join(",", candidate.Parameters.Select(parameter => parameter.Name)), StringComparer.Ordinal)
            .FirstOrDefault();
        if (constructor is null)
        {
            return null;
        }

        List<ISymbol> arguments = [.. constructor.Parameters.Select(parameter => MemberFor(parameter)!)];
        IEnumerable<ISymbol> others = readable
            .Where(member => !arguments.Contains(member, SymbolEqualityComparer.Default) && IsSettable(member))
            .OrderBy(member => member.Name, StringComparer.Ordinal);
        ValueObject found = new(arguments.Concat(others).Select(member => (member, TypeOf(member))), arguments.Count);
        return found.Members.Count == 0 ? null : found;
    }

    private static IEnumerable<ISymbol> Readable(INamedTypeSymbol type)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        for (INamedTypeSymbol? current = type; current is { SpecialType: SpecialType.None }; current = current.BaseType)
        {
            foreach (ISymbol member in current.GetMembers())
            {
                bool isValue = member is IFieldSymbol
                    or IPropertySymbol { IsIndexer: false, GetMethod.DeclaredAccessibility: Accessibility.Public };
                bool isReadable = isValue && member is { IsStatic: false, DeclaredAccessibility: Accessibility.Public };
                if (isReadable && names.Add(member.Name))
                {
                    yield return member;
                }
            }
        }
    }

    private static ITypeSymbol TypeOf(ISymbol member) => member is IPropertySymbol property ? property.Type : ((IFieldSymbol)member).Type;

    private static bool IsSettable(ISymbol member) => member switch
    {
        IPropertySymbol property => property.SetMethod is { DeclaredAccessibility: Accessibility.Public },
        IFieldSymbol field => field is { IsReadOnly: false, IsConst: false },
        _ => false,
    };
}
