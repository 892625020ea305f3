namespace Hyperlight.Linking;

/// <summary>Reads the objects of a guest: all loose ones, and the members of archives that are wanted.</summary>
internal static class InputLoader
{
    /// <summary>Reads the objects.</summary>
    /// <param name="inputs">The objects and archives.</param>
    /// <param name="symbols">Receives the objects and their symbols.</param>
    /// <exception cref="HyperlightException">An input cannot be linked (HL7001 to HL7003, HL7010).</exception>
    public static void Load(IReadOnlyList<LinkInput> inputs, SymbolTable symbols)
    {
        foreach (LinkInput input in inputs.Where(input => !input.IsArchive))
        {
            symbols.Objects.Add(ObjectReader.Read(Path.GetFileName(input.Name), input.Content, symbols));
        }

        List<ArchiveReader> archives = [.. inputs.Where(input => input.IsArchive).Select(ArchiveReader.Open)];
        for (bool again = true; again;)
        {
            again = false;
            foreach (ArchiveReader archive in archives)
            {
                again |= archive.Take(symbols);
            }
        }
    }
}
