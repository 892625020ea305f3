using Hyperlight.Elf;
using Hyperlight.Linking;

namespace Hyperlight.Building.Tests.Linking;

/// <summary>Tests the unwinding entries of a guest, and their index.</summary>
public sealed class UnwindTests
{
    private const int CommonSize = 24;
    private const int EntrySize = 24;
    private const int CodePlace = 8;
    private const int DataPlace = 17;
    private static readonly byte[] Zeros = new byte[16];

    // A common entry: the length, 0, version 1, "zPLR" without a personality that counts, and instructions.
    private static readonly byte[] Common = Convert.FromHexString("14000000" + "00000000" + "017A5200017810011B" + "0C070890010000");

    /// <summary>Gets a common entry and the entry of one function.</summary>
    internal static byte[] Frames => [.. Common, .. Entry(CommonSize)];

    /// <summary>The place of the function's address in <see cref="Frames"/>.</summary>
    internal const ulong CodeOfFrames = CommonSize + CodePlace;

    [Fact]
    public void The_index_has_each_function_in_the_order_of_the_addresses()
    {
        // The entry of the last section comes first.
        TestGuest guest = TestGuest.Link(
            Object("entrypoint", "one", "two").WithRelocation(RelocationType.Call32, "one", 0)
                .WithRelocation(RelocationType.Call32, "two", 4)
                .WithRelocation(RelocationType.Call32, "other", 8).WithSymbol("other", TestObject.Undefined),
            Object("other"));

        ElfSection entries = guest.Section(".eh_frame");
        ElfSection index = guest.Section(".eh_frame_hdr");
        Assert.Equal(CommonSize + (4 * EntrySize) + 4ul, entries.Size);
        Assert.Equal("011B033B", guest.Hex(index.Address, 4));
        Assert.Equal((long)entries.Address - (long)(index.Address + 4), guest.Int32(".eh_frame_hdr", 4));
        Assert.Equal((4, 12 + (8 * 4ul)), (guest.Int32(".eh_frame_hdr", 8), index.Size));

        string[] functions = ["entrypoint", "one", "two", "other"];
        string[] places = ["two", "one", "entrypoint", "other"];
        Assert.All(functions.Index(), row =>
        {
            int entry = CommonSize + (EntrySize * Array.IndexOf(places, row.Item));
            Assert.Equal(guest.Symbol(row.Item) - index.Address, (ulong)guest.Int32(".eh_frame_hdr", 12 + (8 * row.Index)));
            Assert.Equal(entries.Address - index.Address + (ulong)entry, (ulong)guest.Int32(".eh_frame_hdr", 16 + (8 * row.Index)));
            Assert.Equal(entry + 4, guest.Int32(".eh_frame", entry + 4));
            Assert.Equal(
                (long)guest.Symbol(row.Item) - (long)entries.Address - entry - CodePlace, guest.Int32(".eh_frame", entry + CodePlace));
        });
    }

    [Fact]
    public void Code_that_is_left_out_has_no_entry_and_keeps_no_table()
    {
        TestGuest with = TestGuest.Link(Object("entrypoint", "used").WithRelocation(RelocationType.Call32, "used", 0));
        TestGuest without = TestGuest.Link(Object("entrypoint", "used"));

        Assert.Equal((2, 1), (with.Int32(".eh_frame_hdr", 8), without.Int32(".eh_frame_hdr", 8)));
        Assert.Equal((32ul, 16ul), (with.Section(".gcc_except_table").Size, without.Section(".gcc_except_table").Size));
    }

    [Fact]
    public void Common_entries_that_differ_stay_apart()
    {
        TestObject other = Object("other");
        TestGuest guest = TestGuest.Link(
            Object("entrypoint").WithSymbol("other", TestObject.Undefined).WithRelocation(RelocationType.Call32, "other", 0),
            Object(Common.Select((value, i) => i == 12 ? (byte)2 : value), "other"));

        Assert.Equal((2 * CommonSize) + (2 * EntrySize) + 4ul, guest.Section(".eh_frame").Size);
        Assert.Equal(CommonSize + 4, guest.Int32(".eh_frame", CommonSize + EntrySize + CommonSize + 4));
    }

    [Theory]
    [InlineData(0, 0xFF, "has the length")]
    [InlineData(0, 0x02, "has the length 2")]
    [InlineData(CommonSize + 4, 0x14, "has no common entry")]
    public void Malformed_entries_are_HL7001(int place, byte value, string text)
    {
        byte[] frames = Frames;
        frames[place] = value;
        Finding finding = LinkErrorTests.Failure(
            TestObject.WithEntry(Zeros).WithSection(".eh_frame", frames, ElfSectionFlags.Allocate, ElfSectionType.Unwind).Input());

        Assert.Equal(Rules.LinkMalformed, finding.Rule);
        Assert.Contains(text, finding.Message, StringComparison.Ordinal);
    }

    private static TestObject Object(params string[] functions) => Object(Common, functions);

    // Each function has a section, a table for its exceptions, and an entry. The entries are in the opposite order.
    private static TestObject Object(IEnumerable<byte> common, params string[] functions)
    {
        TestObject result = new();
        foreach (string function in functions)
        {
            result.WithSection(".text." + function, Zeros).WithSection(".gcc_except_table." + function, Zeros, ElfSectionFlags.Allocate);
        }

        byte[] frames = [.. common, .. functions.Index().SelectMany(function => Entry(CommonSize + (EntrySize * function.Index)))];
        result.WithSection(".eh_frame", frames, ElfSectionFlags.Allocate, ElfSectionType.Unwind);
        int table = (2 * functions.Length) + 1;
        foreach ((int i, string function) in functions.Index())
        {
            ulong entry = (ulong)(CommonSize + (EntrySize * (functions.Length - 1 - i)));
            result.WithSymbol(function, (2 * i) + 1, type: ElfSymbolType.Function)
                .WithSymbol("table." + function, (2 * i) + 2, binding: ElfSymbolBinding.Local)
                .WithRelocation(RelocationType.Relative32, function, entry + CodePlace, section: table)
                .WithRelocation(RelocationType.Relative32, "table." + function, entry + DataPlace, section: table);
        }

        return result;
    }

    // The length, the distance to the common entry, the address and size of the code, the size and the address of the table, padding.
    private static byte[] Entry(int at) =>
        [EntrySize - 4, 0, 0, 0, (byte)(at + 4), 0, 0, 0, 0, 0, 0, 0, (byte)Zeros.Length, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0];
}
