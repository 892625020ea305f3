using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using System.Text;
using Hyperlight.Elf;

namespace Hyperlight.SourceLines;

/// <summary>
/// The names of methods in C# by the names that the native compiler gives their code: <c>Orders.Total</c> for
/// <c>Shop_Sales_Orders__Total</c>. The symbol file of a guest has them in a section of its own.
/// </summary>
internal sealed class MethodNames
{
    /// <summary>The name of the section: pairs of texts, each with a zero behind it, first the symbol and then the method.</summary>
    public const string Section = ".hyperlight.methods";

    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>Reads the methods of assemblies. A file that is no assembly has none.</summary>
    /// <param name="assemblies">The contents of the assemblies' files.</param>
    public MethodNames(IEnumerable<ReadOnlyMemory<byte>> assemblies)
    {
        foreach (ReadOnlyMemory<byte> assembly in assemblies)
        {
            try
            {
                using PEReader file = new(ImmutableCollectionsMarshal.AsImmutableArray(assembly.ToArray()));
                Add(file.GetMetadataReader());
            }
            catch (Exception e) when (e is BadImageFormatException or InvalidOperationException)
            {
            }
        }
    }

    /// <summary>Writes the section for the symbols of a guest.</summary>
    /// <returns>The content; empty if no symbol is a method of the assemblies.</returns>
    public byte[] Write(IEnumerable<string> symbols)
    {
        StringBuilder text = new();
        foreach (string symbol in symbols)
        {
            if (Find(symbol) is { } name)
            {
                text.Append(symbol).Append('\0').Append(name).Append('\0');
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Reads the section of a symbol file. A text that has no partner is left out.</summary>
    /// <returns>The names by symbols; <c>null</c> if the file has no such section.</returns>
    public static IReadOnlyDictionary<string, string>? Of(ElfFile elf)
    {
        ReadOnlyMemory<byte> content = DebugSections.Find(elf, Section);
        if (content.IsEmpty)
        {
            return null;
        }

        string[] texts = Encoding.UTF8.GetString(content.Span).Split('\0');
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        for (int index = 0; index + 1 < texts.Length; index += 2)
        {
            names.TryAdd(texts[index], texts[index + 1]);
        }

        return names;
    }

    // The compiler adds the arguments of generic types and methods in angle brackets, and a number to each further overload.
    private string? Find(string symbol)
    {
        string plain = WithoutArguments(symbol);
        string overload = plain.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
        return _names.GetValueOrDefault(plain)
            ?? (overload.Length < plain.Length && overload.EndsWith('_') ? _names.GetValueOrDefault(overload[..^1]) : null);
    }

    private static string WithoutArguments(string symbol)
    {
        if (!symbol.Contains('<', StringComparison.Ordinal))
        {
            return symbol;
        }

        StringBuilder plain = new(symbol.Length);
        int depth = 0;
        foreach (char letter in symbol)
        {
            depth += letter == '<' ? 1 : 0;
            if (depth == 0)
            {
                plain.Append(letter);
            }

            depth -= letter == '>' ? 1 : 0;
        }

        return plain.ToString();
    }

    private void Add(MetadataReader reader)
    {
        string assembly = Mangled(reader.GetString(reader.GetAssemblyDefinition().Name));
        foreach (TypeDefinitionHandle handle in reader.TypeDefinitions)
        {
            TypeDefinition type = reader.GetTypeDefinition(handle);
            string mangled = $"{assembly}_{MangledTypeOf(reader, type)}__";
            foreach (MethodDefinitionHandle method in type.GetMethods())
            {
                string name = reader.GetString(reader.GetMethodDefinition(method).Name);
                _names.TryAdd(mangled + Mangled(name), MethodText.Of(TypesOf(reader, type), name));
            }
        }
    }

    private static string MangledTypeOf(MetadataReader reader, TypeDefinition type)
    {
        string name = reader.GetString(type.Name);
        string space = reader.GetString(type.Namespace);
        return type.GetDeclaringType() is { IsNil: false } outer
            ? $"{MangledTypeOf(reader, reader.GetTypeDefinition(outer))}_{Mangled(name)}"
            : Mangled(space.Length == 0 ? name : $"{space}.{name}");
    }

    /// <summary>Gets the names of a type and of the types around it, the outermost first, with their type parameters.</summary>
    private static List<string> TypesOf(MetadataReader reader, TypeDefinition type)
    {
        List<string> types = type.GetDeclaringType() is { IsNil: false } outer
            ? TypesOf(reader, reader.GetTypeDefinition(outer))
            : [];

        // A nested type repeats the parameters of the types around it, and its name counts its own: Entry`1.
        string[] name = reader.GetString(type.Name).Split('`');
        GenericParameterHandleCollection parameters = type.GetGenericParameters();
        int own = name.Length == 2 && int.TryParse(name[1], out int count) ? Math.Min(count, parameters.Count) : 0;
        IEnumerable<string> names = parameters.Skip(parameters.Count - own)
            .Select(parameter => reader.GetString(reader.GetGenericParameter(parameter).Name));
        types.Add(own == 0 ? name[0] : $"{name[0]}<{string.Join(", ", names)}>");
        return types;
    }

    private static string Mangled(string name)
    {
        string mangled = string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_'));
        return mangled.Length > 0 && char.IsAsciiDigit(mangled[0]) ? "_" + mangled : mangled;
    }
}
