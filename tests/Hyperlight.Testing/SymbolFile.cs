using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;

namespace Hyperlight.Testing;

/// <summary>The symbols inside an assembly.</summary>
/// <param name="Documents">The paths of the sources.</param>
/// <param name="SourceLink">The document that says where the sources are; <c>null</c> if there is none.</param>
public sealed record SymbolFile(IReadOnlyList<string> Documents, string? SourceLink)
{
    private static readonly Guid SourceLinkKind = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    /// <summary>Reads the symbols of an assembly.</summary>
    public static SymbolFile Of(Stream assembly)
    {
        using PEReader file = new(assembly);
        DebugDirectoryEntry entry = file.ReadDebugDirectory().Single(entry => entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb);
        using MetadataReaderProvider symbols = file.ReadEmbeddedPortablePdbDebugDirectoryData(entry);
        MetadataReader reader = symbols.GetMetadataReader();
        return new(
            [.. reader.Documents.Select(handle => reader.GetString(reader.GetDocument(handle).Name))],
            reader.GetCustomDebugInformation(EntityHandle.ModuleDefinition).Select(reader.GetCustomDebugInformation)
                .Where(information => reader.GetGuid(information.Kind) == SourceLinkKind)
                .Select(information => Encoding.UTF8.GetString(reader.GetBlobBytes(information.Value)))
                .SingleOrDefault());
    }
}
