using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator;

/// <summary>Reads the types of one method into shapes, and finds the first reason why a type cannot cross.</summary>
internal sealed class ValueShapeReader
{
    // Objects within objects. The limit ends types that contain themselves, and generic types that grow without end.
    private const int MaximumDepth = 16;

    private const int LargestSmallestSize = 1 << 20;

    private static readonly SymbolDisplayFormat TypeFormat = SymbolDisplayFormat.FullyQualifiedFormat
        .WithMiscellaneousOptions(
            SymbolDisplayMiscellaneousOptions.UseSpecialTypes
            | SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers
            | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    private readonly Dictionary<string, ValueShape> _shapes = new(StringComparer.Ordinal);
    private readonly List<ValueShape> _inOrder = [];
    private readonly Stack<INamedTypeSymbol> _open = new();
    private readonly Dictionary<string, string> _enums = new(StringComparer.Ordinal);
    private readonly IAssemblySymbol _user;

    /// <summary>Creates a reader.</summary>
    /// <param name="user">The assembly of the generated code, which decides what the code reaches.</param>
    public ValueShapeReader(IAssemblySymbol user) => _user = user;

    /// <summary>Gets why the last type cannot cross: a rule and the texts that follow the name of the parameter or result.</summary>
    public (DiagnosticDescriptor Rule, string[] Arguments)? Failure { get; private set; }

    /// <summary>Gets the shapes read so far, each before the shapes that contain it.</summary>
    public IReadOnlyList<ValueShape> Shapes => _inOrder;

    /// <summary>Gets the shape of a type; <c>null</c> if the type cannot cross.</summary>
    public ValueShape? Read(ITypeSymbol type)
    {
        Failure = null;
        _open.Clear();
        return ReadType(type);
    }

    /// <summary>Gets a text of all types that is equal on both sides only if the bytes mean the same.</summary>
    public string Describe(IEnumerable<string> parameters, string? result)
    {
        List<string> keys = [.. _inOrder.Select(shape => shape.CSharp)];
        IEnumerable<string> shapes = _inOrder.Select(shape =>
        {
            string parts = string.Join(",", shape.Parts.Select(part => keys.IndexOf(part)));
            string members = string.Join(",", shape.Members.Select(member => member.Name));
            string values = _enums.TryGetValue(shape.CSharp, out string? found) ? found : "";
            ValueKind kind = shape.Kind == ValueKind.List ? ValueKind.Array : shape.Kind;
            return $"{kind} {shape.Method}({parts}){{{members}}}{values}";
        });
        return $"({string.Join(",", parameters.Select(part => keys.IndexOf(part)))})->{(result is null ? -1 : keys.IndexOf(result))};"
            + string.Join(";", shapes);
    }

    private ValueShape? ReadType(ITypeSymbol type)
    {
        string key = type.ToDisplayString(TypeFormat);
        if (_shapes.TryGetValue(key, out ValueShape known))
        {
            return known;
        }

        ValueShape? shape = type switch
        {
            { IsReferenceType: true, NullableAnnotation: NullableAnnotation.Annotated } => ReadNullable(
                type.WithNullableAnnotation(NullableAnnotation.NotAnnotated), key, ValueKind.NullableReference),
            INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable => ReadNullable(
                nullable.TypeArguments[0], key, ValueKind.NullableValue),
            _ when ValuePrimitives.Of(type) is { } primitive => primitive,
            INamedTypeSymbol { TypeKind: TypeKind.Enum } named => ReadEnum(named, key),
            IArrayTypeSymbol { IsSZArray: true } array => ReadItems(array.ElementType, key, ValueKind.Array),
            INamedTypeSymbol named when named.IsFromSystem("Collections.Generic.List`1") => ReadItems(
                named.TypeArguments[0], key, ValueKind.List),
            INamedTypeSymbol named when named.IsFromSystem("Collections.Generic.Dictionary`2")
                && named.TypeArguments[0] is { SpecialType: SpecialType.System_String } =>
                ReadItems(named.TypeArguments[1], key, ValueKind.Dictionary),
            INamedTypeSymbol { IsTupleType: true, TypeArguments.Length: < 8 } tuple => ReadObject(tuple.TupleUnderlyingType ?? tuple, key),
            INamedTypeSymbol { TypeKind: TypeKind.Class or TypeKind.Struct } named when IsOfUser(named) => ReadObject(named, key),
            _ => Fail(type),
        };
        if (shape is not null && !_shapes.ContainsKey(key))
        {
            _shapes.Add(key, shape);
            if (!_inOrder.Any(other => other.CSharp == shape.CSharp))
            {
                _inOrder.Add(shape);
            }
        }

        return shape;
    }

    private ValueShape? ReadNullable(ITypeSymbol type, string key, ValueKind kind) =>
        ReadType(type) is { } value ? new(key, kind, Parts: new([value.CSharp])) : null;

    private ValueShape? ReadEnum(INamedTypeSymbol type, string key)
    {
        if (!Reaches(type))
        {
            return Fail(type);
        }

        ValueShape underlying = ValuePrimitives.Of(type.EnumUnderlyingType!)!;
        _enums[key] = string.Join(",", type.GetMembers().OfType<IFieldSymbol>().Where(field => field.HasConstantValue)
            .Select(field => $"{field.Name}={field.ConstantValue}").OrderBy(text => text, StringComparer.Ordinal));
        return new(key, ValueKind.Enum, underlying.Method, underlying.CSharp);
    }

    private ValueShape? ReadItems(ITypeSymbol item, string key, ValueKind kind) =>
        ReadType(item) is { } shape ? new(key, kind, Parts: new([shape.CSharp])) : null;

    private ValueShape? ReadObject(INamedTypeSymbol type, string key)
    {
        if (_open.Count == MaximumDepth || _open.Contains(type, SymbolEqualityComparer.Default))
        {
            return Fail(TypedCallRules.ValueContainsItself, [Identifiers.TypeName(type)]);
        }

        ValueObject? found = (type.IsTupleType || Reaches(type)) && !type.IsAbstract && !type.IsRefLikeType ? ValueObject.Of(type) : null;
        if (found is null)
        {
            return Fail(TypedCallRules.ValueNotCreatable, [Identifiers.TypeName(type)]);
        }

        _open.Push(type);
        List<string> parts = [];
        int size = 0;
        foreach ((ISymbol member, ITypeSymbol memberType) in found.Members)
        {
            if (ReadType(memberType) is not { } part)
            {
                return null;
            }

            parts.Add(part.CSharp);
            size = Math.Min(size + part.SmallestSize, LargestSmallestSize);
        }

        _open.Pop();
        return new(
            key,
            type.IsValueType ? ValueKind.Value : ValueKind.Reference,
            Parts: new(parts),
            Members: new(found.Members.Select((member, index) => new ValueMember(
                Identifiers.Escape(member.Member.Name), index < found.ArgumentCount))),
            CanBeDerived: type is { IsReferenceType: true, IsSealed: false },
            SmallestSize: size);
    }

    private bool Reaches(ITypeSymbol type)
    {
        for (INamedTypeSymbol? current = type as INamedTypeSymbol; current is not null; current = current.ContainingType)
        {
            bool isVisible = current.DeclaredAccessibility == Accessibility.Public
                || (current.DeclaredAccessibility is Accessibility.Internal or Accessibility.ProtectedOrInternal
                    && IsInternal(current.ContainingAssembly));
            if (!isVisible || current.IsFileLocal)
            {
                return false;
            }
        }

        return true;
    }

    private bool IsInternal(IAssemblySymbol assembly) =>
        SymbolEqualityComparer.Default.Equals(assembly, _user) || assembly.GivesAccessTo(_user);

    // Types of the base class library have state that their public members do not show.
    private static bool IsOfUser(INamedTypeSymbol type) =>
        type.IsFromSystem("Collections.Generic.KeyValuePair`2")
        || type.ContainingNamespace is not { } space
        || !(space.ToDisplayString() is var name && (name == "System" || name.StartsWith("System.", StringComparison.Ordinal)));

    private ValueShape? Fail(ITypeSymbol type) => Fail(
        _open.Count == 0 ? null : TypedCallRules.ValueMemberType,
        _open.Count == 0 ? [] : [Identifiers.TypeName(_open.Peek()), Identifiers.TypeName(type)]);

    private ValueShape? Fail(DiagnosticDescriptor? rule, string[] arguments)
    {
        Failure = rule is null ? null : (rule, arguments);
        return null;
    }
}
