using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Hyperlight.Testing.Assemblies;

/// <summary>Finds the source files of types in portable symbols.</summary>
internal sealed class SourceFiles
{
    // PathMap replaces the root of the repository by this text.
    private const string Root = "/_/";

    // Portable PDB format, "Type Definition Documents": for types that have no method with lines, such as interfaces and enumerations.
    private static readonly Guid TypeDocuments = new("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");

    private readonly MetadataReader _metadata;
    private readonly MetadataReader _symbols;
    private readonly Dictionary<TypeDefinitionHandle, List<DocumentHandle>> _documents = [];

    public SourceFiles(MetadataReader metadata, MetadataReader symbols)
    {
        _metadata = metadata;
        _symbols = symbols;
        foreach (CustomDebugInformation information in symbols.CustomDebugInformation.Select(symbols.GetCustomDebugInformation))
        {
            if (information.Parent.Kind == HandleKind.TypeDefinition && symbols.GetGuid(information.Kind) == TypeDocuments)
            {
                List<DocumentHandle> documents = _documents[(TypeDefinitionHandle)information.Parent] = [];
                for (BlobReader blob = symbols.GetBlobReader(information.Value); blob.RemainingBytes > 0;)
                {
                    documents.Add(MetadataTokens.DocumentHandle(blob.ReadCompressedInteger()));
                }
            }
        }
    }

    /// <summary>Gets the files that a person wrote, relative to the root of the repository.</summary>
    public IEnumerable<string> Of(TypeDefinitionHandle type)
    {
        IEnumerable<DocumentHandle> ofMethods = _metadata.GetTypeDefinition(type).GetMethods()
            .Select(method => _symbols.GetMethodDebugInformation(method.ToDebugInformationHandle()))
            .SelectMany(method => method.GetSequencePoints().Select(point => point.Document).Append(method.Document))
            .Where(document => !document.IsNil);
        return ofMethods.Concat(_documents.GetValueOrDefault(type, []))
            .Distinct()
            .Select(document => _symbols.GetString(_symbols.GetDocument(document).Name).Replace('\\', '/'))
            .Where(path => path.StartsWith(Root, StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal))
            .Select(path => path[Root.Length..]);
    }
}
