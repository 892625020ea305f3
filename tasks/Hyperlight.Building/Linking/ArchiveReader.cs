using LibObjectFile.Ar;
using LibObjectFile.Diagnostics;

namespace Hyperlight.Linking;

/// <summary>An archive, of which a guest gets the members that define what is wanted.</summary>
internal sealed class ArchiveReader
{
    private readonly string _name;
    private readonly List<ArSymbol> _index;
    private readonly HashSet<ArFile> _taken = [];

    private ArchiveReader(string name, List<ArSymbol> index) => (_name, _index) = (name, index);

    /// <summary>Opens an archive.</summary>
    /// <exception cref="HyperlightException">The file cannot be read as an archive with an index (HL7001, HL7002).</exception>
    public static ArchiveReader Open(LinkInput input)
    {
        if (input.Content.Span.StartsWith("!<thin>\n"u8))
        {
            throw LinkFailure.Unsupported(input.Name, "a thin archive, which has no members", "make an ordinary one with 'ar rcs'");
        }

        try
        {
            // Members are read from the stream later, so that the stream stays open.
            MemoryStream stream = LinkInput.Open(input.Content);
            ArArchiveFileReaderOptions options = new(ArArchiveKind.GNU) { ProcessObjectFiles = false, IsReadOnly = true };
            if (!ArArchiveFile.TryRead(stream, options, out ArArchiveFile? archive, out DiagnosticBag? bag))
            {
                throw LinkFailure.Malformed(input.Name, string.Join("; ", bag.Messages.Select(message => message.Message)));
            }

            return archive.SymbolTable is { } table
                ? new(input.Name, table.Symbols)
                : archive.Files.Count == 0 ? new(input.Name, [])
                : throw LinkFailure.Unsupported(input.Name, "an archive without an index", "run 'ranlib' on the archive");
        }
#pragma warning disable CA1031 // The library ends in exceptions of many kinds for archives that contradict themselves.
        catch (Exception e) when (e is not (HyperlightException or OutOfMemoryException))
#pragma warning restore CA1031
        {
            throw LinkFailure.Malformed(input.Name, e.Message.TrimEnd('.'), e);
        }
    }

    /// <summary>Reads the members that define what is wanted, in the order of the index, until nothing more is wanted.</summary>
    /// <param name="symbols">The symbols of the guest.</param>
    /// <returns>Whether a member was read.</returns>
    public bool Take(SymbolTable symbols)
    {
        bool any = false;
        for (bool again = true; again;)
        {
            again = false;
            foreach (ArSymbol entry in _index)
            {
                if (entry is { Name: { } name, File: ArBinaryFile { Stream: { } content } file }
                    && symbols.IsWanted(name)
                    && _taken.Add(file))
                {
                    byte[] bytes = new byte[content.Length];
                    content.Position = 0;
                    content.ReadExactly(bytes);
                    symbols.Objects.Add(ObjectReader.Read($"{Path.GetFileName(_name)}({file.Name})", bytes, symbols));
                    any = again = true;
                }
            }
        }

        return any;
    }
}
