using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Text.RegularExpressions;

namespace Hyperlight.Testing.Assemblies;

/// <summary>Finds the types that a type uses. Constants are not found: the compiler copies their values.</summary>
/// <param name="file">The assembly.</param>
/// <param name="metadata">Its metadata.</param>
/// <param name="assembly">Its simple name.</param>
internal sealed partial class TypeUses(PEReader file, MetadataReader metadata, string assembly)
    : ISignatureTypeProvider<ImmutableArray<TypeName>, object?>
{
    // The types of the assembly that are not nested, by their full names.
    private readonly Lazy<HashSet<string>> _own = new(() =>
    [
        .. metadata.TypeDefinitions.Select(metadata.GetTypeDefinition)
            .Where(type => type.GetDeclaringType().IsNil)
            .Select(type => type.Namespace.IsNil
                ? metadata.GetString(type.Name)
                : metadata.GetString(type.Namespace) + "." + metadata.GetString(type.Name)),
    ]);

    /// <summary>Gets the name of the outermost type around a type, or of the type itself if it is not nested.</summary>
    public TypeName NameOf(TypeDefinitionHandle handle)
    {
        TypeDefinition type = metadata.GetTypeDefinition(handle);
        return type.GetDeclaringType() is { IsNil: false } outer ? NameOf(outer) : new(assembly, FullName(type.Namespace, type.Name));
    }

    /// <summary>Gets the names of a type, its fields and its methods.</summary>
    public IEnumerable<string> NamesIn(TypeDefinitionHandle handle)
    {
        TypeDefinition type = metadata.GetTypeDefinition(handle);
        return type.GetFields().Select(field => metadata.GetFieldDefinition(field).Name)
            .Concat(type.GetMethods().Select(method => metadata.GetMethodDefinition(method).Name))
            .Append(type.Name)
            .Select(metadata.GetString);
    }

    /// <summary>Gets the names of the native libraries that the methods of a type call.</summary>
    public IEnumerable<string> LibrariesOf(TypeDefinitionHandle handle) =>
        from method in metadata.GetTypeDefinition(handle).GetMethods().Select(metadata.GetMethodDefinition)
        where (method.Attributes & MethodAttributes.PinvokeImpl) != 0
        select metadata.GetString(metadata.GetModuleReference(method.GetImport().Module).Name);

    /// <summary>Gets the types that a type uses, without those that its nested types use.</summary>
    public IEnumerable<TypeName> Of(TypeDefinitionHandle handle)
    {
        TypeDefinition type = metadata.GetTypeDefinition(handle);
        return
        [
            .. Of(type.BaseType),
            .. type.GetInterfaceImplementations().SelectMany(
                implementation => Of(metadata.GetInterfaceImplementation(implementation).Interface)),
            .. OfAttributes(type.GetCustomAttributes()),
            .. OfConstraints(type.GetGenericParameters()),
            .. type.GetFields().Select(metadata.GetFieldDefinition).SelectMany(
                field => (ImmutableArray<TypeName>)[.. field.DecodeSignature(this, null), .. OfAttributes(field.GetCustomAttributes())]),
            .. type.GetProperties().SelectMany(property => OfAttributes(metadata.GetPropertyDefinition(property).GetCustomAttributes())),
            .. type.GetEvents().SelectMany(@event => OfAttributes(metadata.GetEventDefinition(@event).GetCustomAttributes())),
            .. type.GetMethods().Select(metadata.GetMethodDefinition).SelectMany(OfMethod),
        ];
    }

    private IEnumerable<TypeName> OfMethod(MethodDefinition method)
    {
        IEnumerable<TypeName> uses =
            [.. Flatten(method.DecodeSignature(this, null)), .. OfAttributes(method.GetCustomAttributes()),
                .. method.GetParameters().SelectMany(parameter => OfAttributes(metadata.GetParameter(parameter).GetCustomAttributes())),
                .. OfConstraints(method.GetGenericParameters())];
        if (method.RelativeVirtualAddress == 0)
        {
            return uses;
        }

        MethodBodyBlock body = file.GetMethodBody(method.RelativeVirtualAddress);
        IEnumerable<TypeName> locals = body.LocalSignature.IsNil
            ? []
            : metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(this, null).SelectMany(local => local);
        return uses.Concat(locals)
            .Concat(body.ExceptionRegions.SelectMany(region => Of(region.CatchType)))
            .Concat(Instructions.Tokens(body.GetILReader()).SelectMany(Of));
    }

    private IEnumerable<TypeName> OfAttributes(CustomAttributeHandleCollection attributes) =>
        attributes.Select(metadata.GetCustomAttribute)
            .SelectMany(attribute => Of(attribute.Constructor).Concat(OfArguments(attribute.Value)));

    // An argument names a type by text (ECMA-335, partition II, section 23.3). Text that is a full name counts as a use. The length
    // stands before the text and may look like a letter.
    private IEnumerable<TypeName> OfArguments(BlobHandle arguments) =>
        FullNames().Matches(Encoding.UTF8.GetString(metadata.GetBlobBytes(arguments)))
            .SelectMany(match => (string[])[match.Value, match.Value[1..]])
            .Where(_own.Value.Contains)
            .Select(name => new TypeName(assembly, name));

    [GeneratedRegex(@"[A-Za-z_][\w`]*(\.[A-Za-z_][\w`]*)*")]
    private static partial Regex FullNames();

    private IEnumerable<TypeName> OfConstraints(GenericParameterHandleCollection parameters) =>
        parameters.Select(metadata.GetGenericParameter).SelectMany(parameter => (IEnumerable<TypeName>)
        [
            .. OfAttributes(parameter.GetCustomAttributes()),
            .. parameter.GetConstraints().SelectMany(
                constraint => Of(metadata.GetGenericParameterConstraint(constraint).Type)),
        ]);

    private IEnumerable<TypeName> Of(EntityHandle handle)
    {
        if (handle.IsNil)
        {
            return [];
        }

        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                return [NameOf((TypeDefinitionHandle)handle)];
            case HandleKind.TypeReference:
                return GetTypeFromReference(metadata, (TypeReferenceHandle)handle, 0);
            case HandleKind.TypeSpecification:
                return metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, null);
            case HandleKind.MethodDefinition:
                return [NameOf(metadata.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType())];
            case HandleKind.FieldDefinition:
                return [NameOf(metadata.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType())];
            case HandleKind.MemberReference:
                MemberReference member = metadata.GetMemberReference((MemberReferenceHandle)handle);
                IEnumerable<TypeName> signature = member.GetKind() == MemberReferenceKind.Method
                    ? Flatten(member.DecodeMethodSignature(this, null))
                    : member.DecodeFieldSignature(this, null);
                return Of(member.Parent).Concat(signature);
            case HandleKind.MethodSpecification:
                MethodSpecification specification = metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                return Of(specification.Method).Concat(specification.DecodeSignature(this, null).SelectMany(argument => argument));
            case HandleKind.StandaloneSignature:
                return Flatten(metadata.GetStandaloneSignature((StandaloneSignatureHandle)handle).DecodeMethodSignature(this, null));
            default:
                return [];
        }
    }

    private static ImmutableArray<TypeName> Flatten(MethodSignature<ImmutableArray<TypeName>> signature) =>
        [.. signature.ReturnType, .. signature.ParameterTypes.SelectMany(parameter => parameter)];

    private string FullName(StringHandle space, StringHandle name) =>
        space.IsNil ? metadata.GetString(name) : metadata.GetString(space) + "." + metadata.GetString(name);

    public ImmutableArray<TypeName> GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) =>
        [NameOf(handle)];

    public ImmutableArray<TypeName> GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
    {
        TypeReference type = reader.GetTypeReference(handle);
        return type.ResolutionScope.Kind switch
        {
            HandleKind.TypeReference => GetTypeFromReference(reader, (TypeReferenceHandle)type.ResolutionScope, rawTypeKind),
            HandleKind.AssemblyReference =>
            [
                new(reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name), FullName(
                    type.Namespace, type.Name)),
            ],
            _ => [],
        };
    }

    public ImmutableArray<TypeName> GetTypeFromSpecification(
        MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    public ImmutableArray<TypeName> GetGenericInstantiation(
        ImmutableArray<TypeName> genericType, ImmutableArray<ImmutableArray<TypeName>> typeArguments) =>
        [.. genericType, .. typeArguments.SelectMany(argument => argument)];

    public ImmutableArray<TypeName> GetFunctionPointerType(MethodSignature<ImmutableArray<TypeName>> signature) => Flatten(signature);

    public ImmutableArray<TypeName> GetModifiedType(
        ImmutableArray<TypeName> modifier, ImmutableArray<TypeName> unmodifiedType, bool isRequired) => unmodifiedType;

    public ImmutableArray<TypeName> GetArrayType(ImmutableArray<TypeName> elementType, ArrayShape shape) => elementType;

    public ImmutableArray<TypeName> GetByReferenceType(ImmutableArray<TypeName> elementType) => elementType;

    public ImmutableArray<TypeName> GetPinnedType(ImmutableArray<TypeName> elementType) => elementType;

    public ImmutableArray<TypeName> GetPointerType(ImmutableArray<TypeName> elementType) => elementType;

    public ImmutableArray<TypeName> GetSZArrayType(ImmutableArray<TypeName> elementType) => elementType;

    public ImmutableArray<TypeName> GetGenericMethodParameter(object? genericContext, int index) => [];

    public ImmutableArray<TypeName> GetGenericTypeParameter(object? genericContext, int index) => [];

    public ImmutableArray<TypeName> GetPrimitiveType(PrimitiveTypeCode typeCode) => [];
}
