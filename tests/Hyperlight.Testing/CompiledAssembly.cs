using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Hyperlight.Testing;

/// <summary>
/// What the compiled types of an assembly name: in base types, interfaces, constraints, attributes, signatures, fields, local variables and
/// method bodies. A nested type counts as part of the type around it.
/// </summary>
public sealed class CompiledAssembly
{
    private static readonly Dictionary<short, OperandType> Operands = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value, code => code.OperandType);

    private readonly PEReader _file;
    private readonly MetadataReader _reader;
    private readonly NamedTypes _names;
    private readonly Dictionary<TypeName, HashSet<TypeName>> _references = [];
    private readonly HashSet<(TypeName Type, string Library)> _imports = [];

    private CompiledAssembly(PEReader file)
    {
        _file = file;
        _reader = file.GetMetadataReader();
        _names = new(_reader);
        foreach (TypeDefinitionHandle handle in _reader.TypeDefinitions)
        {
            TypeName name = _names.Of(handle);
            if (!_references.TryGetValue(name, out HashSet<TypeName>? named))
            {
                _references.Add(name, named = []);
            }

            _names.Named = named;
            Visit(name, _reader.GetTypeDefinition(handle));
            named.Remove(name);
        }
    }

    /// <summary>Gets the types of the assembly, each with the types of this and other assemblies that it names.</summary>
    public IEnumerable<(TypeName Type, IReadOnlySet<TypeName> Named)> Types =>
        _references.Select(pair => (pair.Key, (IReadOnlySet<TypeName>)pair.Value));

    /// <summary>Gets the types that call native code, each with the name of the library.</summary>
    public IReadOnlySet<(TypeName Type, string Library)> Imports => _imports;

    /// <summary>Reads an assembly.</summary>
    /// <param name="assembly">The assembly, loaded from a file.</param>
    public static CompiledAssembly Read(Assembly assembly)
    {
        using PEReader file = new(File.OpenRead(assembly.Location));
        return new(file);
    }

    private void Visit(TypeName name, TypeDefinition type)
    {
        _names.Add(type.BaseType);
        Visit(type.GetCustomAttributes());
        Visit(type.GetGenericParameters());
        foreach (InterfaceImplementationHandle implementation in type.GetInterfaceImplementations())
        {
            _names.Add(_reader.GetInterfaceImplementation(implementation).Interface);
        }

        foreach (FieldDefinition field in type.GetFields().Select(_reader.GetFieldDefinition))
        {
            Visit(field.GetCustomAttributes());
            field.DecodeSignature(_names, null);
        }

        foreach (MethodDefinition method in type.GetMethods().Select(_reader.GetMethodDefinition))
        {
            Visit(method.GetCustomAttributes());
            Visit(method.GetGenericParameters());
            method.DecodeSignature(_names, null);
            if ((method.Attributes & MethodAttributes.PinvokeImpl) != 0)
            {
                _imports.Add((name, _reader.GetString(_reader.GetModuleReference(method.GetImport().Module).Name)));
            }
            else if (method.RelativeVirtualAddress != 0)
            {
                Visit(_file.GetMethodBody(method.RelativeVirtualAddress));
            }
        }
    }

    private void Visit(CustomAttributeHandleCollection attributes)
    {
        foreach (CustomAttributeHandle attribute in attributes)
        {
            VisitMember(_reader.GetCustomAttribute(attribute).Constructor);
        }
    }

    private void Visit(GenericParameterHandleCollection parameters)
    {
        foreach (GenericParameterConstraintHandle constraint in parameters.SelectMany(
            handle => _reader.GetGenericParameter(handle).GetConstraints()))
        {
            _names.Add(_reader.GetGenericParameterConstraint(constraint).Type);
        }
    }

    private void Visit(MethodBodyBlock body)
    {
        foreach (ExceptionRegion region in body.ExceptionRegions)
        {
            _names.Add(region.CatchType);
        }

        if (!body.LocalSignature.IsNil)
        {
            _reader.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(_names, null);
        }

        BlobReader code = body.GetILReader();
        while (code.RemainingBytes > 0)
        {
            short value = code.ReadByte();
            value = value == 0xFE ? (short)((value << 8) | code.ReadByte()) : value;
            switch (Operands[value])
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineVar or OperandType.ShortInlineI or OperandType.ShortInlineBrTarget:
                    code.Offset += sizeof(byte);
                    break;
                case OperandType.InlineVar:
                    code.Offset += sizeof(short);
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.Offset += sizeof(long);
                    break;
                case OperandType.InlineSwitch:
                    int count = code.ReadInt32();
                    code.Offset += count * sizeof(int);
                    break;
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    VisitMember(MetadataTokens.EntityHandle(code.ReadInt32()));
                    break;
                default:
                    code.Offset += sizeof(int);
                    break;
            }
        }
    }

    private void VisitMember(EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.MethodDefinition:
                _names.Add(_reader.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.FieldDefinition:
                _names.Add(_reader.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MemberReference:
                _names.Add(_reader.GetMemberReference((MemberReferenceHandle)handle).Parent);
                break;
            case HandleKind.MethodSpecification:
                MethodSpecification method = _reader.GetMethodSpecification((MethodSpecificationHandle)handle);
                VisitMember(method.Method);
                method.DecodeSignature(_names, null);
                break;
            default:
                _names.Add(handle);
                break;
        }
    }

    /// <summary>A type that is not nested.</summary>
    /// <param name="Namespace">The namespace, empty for none.</param>
    /// <param name="Name">The name without the namespace.</param>
    public readonly record struct TypeName(string Namespace, string Name)
    {
        /// <inheritdoc/>
        public override string ToString() => $"{Namespace}.{Name}";
    }

    // Collects the types that signatures have, whatever they are built of.
    private sealed class NamedTypes(MetadataReader reader) : ISignatureTypeProvider<object?, object?>
    {
        public HashSet<TypeName> Named { get; set; } = [];

        public TypeName Of(TypeDefinitionHandle handle)
        {
            TypeDefinition type = reader.GetTypeDefinition(handle);
            TypeDefinitionHandle around = type.GetDeclaringType();
            return around.IsNil ? new(reader.GetString(type.Namespace), reader.GetString(type.Name)) : Of(around);
        }

        public void Add(EntityHandle handle)
        {
            switch (handle.Kind)
            {
                case HandleKind.TypeDefinition when !handle.IsNil:
                    Named.Add(Of((TypeDefinitionHandle)handle));
                    break;
                case HandleKind.TypeReference when !handle.IsNil:
                    Named.Add(Of((TypeReferenceHandle)handle));
                    break;
                case HandleKind.TypeSpecification when !handle.IsNil:
                    reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, null);
                    break;
            }
        }

        public object? GetTypeFromDefinition(MetadataReader _, TypeDefinitionHandle handle, byte rawTypeKind)
        {
            Add(handle);
            return null;
        }

        public object? GetTypeFromReference(MetadataReader _, TypeReferenceHandle handle, byte rawTypeKind)
        {
            Add(handle);
            return null;
        }

        public object? GetTypeFromSpecification(MetadataReader _, object? context, TypeSpecificationHandle handle, byte rawTypeKind)
        {
            Add(handle);
            return null;
        }

        public object? GetFunctionPointerType(MethodSignature<object?> signature) => null;

        public object? GetGenericInstantiation(object? genericType, ImmutableArray<object?> typeArguments) => null;

        public object? GetGenericMethodParameter(object? context, int index) => null;

        public object? GetGenericTypeParameter(object? context, int index) => null;

        public object? GetModifiedType(object? modifier, object? unmodifiedType, bool isRequired) => null;

        public object? GetPinnedType(object? elementType) => null;

        public object? GetPointerType(object? elementType) => null;

        public object? GetPrimitiveType(PrimitiveTypeCode typeCode) => null;

        public object? GetArrayType(object? elementType, ArrayShape shape) => null;

        public object? GetByReferenceType(object? elementType) => null;

        public object? GetSZArrayType(object? elementType) => null;

        private TypeName Of(TypeReferenceHandle handle)
        {
            TypeReference type = reader.GetTypeReference(handle);
            return type.ResolutionScope.Kind == HandleKind.TypeReference
                ? Of((TypeReferenceHandle)type.ResolutionScope)
                : new(reader.GetString(type.Namespace), reader.GetString(type.Name));
        }
    }
}
