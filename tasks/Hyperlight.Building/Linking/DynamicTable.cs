namespace Hyperlight.Linking;

/// <summary>The dynamic table of a guest: where its relative relocations and constructors are.</summary>
internal static class DynamicTable
{
    /// <summary>The size of an entry.</summary>
    public const int EntrySize = 16;

    /// <summary>The number of entries, the end of the table included. Some stay 0.</summary>
    public const int MostEntries = 8;

    // The values of d_tag that our reader of ELF files does not use (gABI; DT_FLAGS_1 and DT_RELACOUNT of GNU).
    private const ulong Rela = 7;
    private const ulong RelaSize = 8;
    private const ulong RelaEntrySize = 9;
    private const ulong Constructors = 25;
    private const ulong ConstructorsSize = 27;
    private const ulong Flags = 0x6FFF_FFFB;
    private const ulong RelativeCount = 0x6FFF_FFF9;
    private const ulong IsProgram = 0x0800_0000;

    /// <summary>Gets the entries.</summary>
    /// <param name="relocations">The section of the relative relocations.</param>
    /// <param name="constructors">The section of the constructors.</param>
    /// <param name="relocationSize">The size of a relocation.</param>
    public static IEnumerable<(ulong Tag, ulong Value)> Entries(OutputSection relocations, OutputSection constructors, int relocationSize)
    {
        if (constructors.Size > 0)
        {
            yield return (Constructors, constructors.Address);
            yield return (ConstructorsSize, constructors.Size);
        }

        if (relocations.Size > 0)
        {
            yield return (Rela, relocations.Address);
            yield return (RelaSize, relocations.Size);
            yield return (RelaEntrySize, (ulong)relocationSize);
            yield return (RelativeCount, relocations.Size / (ulong)relocationSize);
        }

        yield return (Flags, IsProgram);
    }
}
