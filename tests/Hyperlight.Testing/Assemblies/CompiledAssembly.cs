using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Hyperlight.Testing.Assemblies;

/// <summary>The types of a compiled assembly: the source folder of each type, and the types that it uses.</summary>
/// <param name="Name">The simple name of the assembly.</param>
/// <param name="Types">The types of the assembly that have a source file.</param>
/// <param name="References">The simple names of the assemblies that the assembly refers to.</param>
public sealed record CompiledAssembly(string Name, IReadOnlyList<CompiledType> Types, IReadOnlyList<string> References)
{
    /// <summary>Reads an assembly with embedded symbols.</summary>
    /// <param name="image">The content of the file.</param>
    public static CompiledAssembly Read(byte[] image)
    {
        using PEReader file = new([.. image]);
        MetadataReader metadata = file.GetMetadataReader();
        string name = metadata.GetString(metadata.GetAssemblyDefinition().Name);
        DebugDirectoryEntry symbols = file.ReadDebugDirectory().Single(entry => entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb);
        using MetadataReaderProvider provider = file.ReadEmbeddedPortablePdbDebugDirectoryData(symbols);
        SourceFiles sources = new(metadata, provider.GetMetadataReader());
        TypeUses uses = new(file, metadata, name);
        Dictionary<TypeName, CompiledType> types = [];
        foreach (TypeDefinitionHandle handle in metadata.TypeDefinitions)
        {
            TypeName outer = uses.NameOf(handle);
            string[] files = [.. sources.Of(handle)];
            CompiledType known = types.GetValueOrDefault(outer) ?? new(outer, [], [], [], []);
            known.Files.UnionWith(files);
            known.Members.UnionWith(uses.NamesIn(handle));
            known.Uses.UnionWith(uses.Of(handle));
            known.Libraries.UnionWith(uses.LibrariesOf(handle));
            types[outer] = known;
        }

        return new(
            name,
            [.. types.Values.Where(type => type.Files.Count > 0).OrderBy(type => type.Name.FullName, StringComparer.Ordinal)],
            [.. metadata.AssemblyReferences.Select(reference => metadata.GetString(metadata.GetAssemblyReference(reference).Name))]);
    }

    /// <summary>Reads an assembly with embedded symbols.</summary>
    /// <param name="path">The file.</param>
    public static CompiledAssembly Read(string path) => Read(File.ReadAllBytes(path));
}
