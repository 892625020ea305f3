using System.Diagnostics;
using Hyperlight.Elf;
using Hyperlight.SourceLines;

namespace Hyperlight.Building.Tests.SourceLines;

/// <summary>Tests that damaged units have no folder, and take little time and memory.</summary>
public sealed class HostileFoldersTests
{
    private const int Many = 10_000;

    private static readonly byte[] Lines = TestUnits.Lines("a.c", 0x10);
    private static readonly byte[] Unit = TestUnits.Unit(0, TestUnits.Entry("/home", 0));

    [Fact]
    public void Sections_cut_off_anywhere_have_no_folder()
    {
        // The fields are texts in .debug_str, up to whose end the last one reaches.
        byte[] abbreviations = [1, 0x11, 0, 0x10, 0x17, 0x1B, 0x0E, 0, 0, 0];
        byte[] unit = TestUnits.Unit(0, [1, .. new byte[4], 1, 0, 0, 0], version: 4);
        Assert.Equal(["/home/a.c"], TestUnits.Files(TestUnits.Elf(Lines, unit, abbreviations, "\0/home")));
        for (int length = 0; length < unit.Length; length++)
        {
            Assert.Equal(["a.c"], TestUnits.Files(TestUnits.Elf(Lines, unit[..length], abbreviations, "\0/home")));
        }

        // Both fields are known when the form of the second one is read.
        for (int length = 0; length < 7; length++)
        {
            Assert.Equal(["a.c"], TestUnits.Files(TestUnits.Elf(Lines, unit, abbreviations[..length], "\0/home")));
        }

        DebugSections sections = new(Lines, default, TestUnits.Text("\0/home"), unit, abbreviations);
        for (int length = 0; length < sections.Texts.Length; length++)
        {
            Assert.Empty(CompilerFolders.Read(sections with { Texts = sections.Texts[..length] }));
        }
    }

    [Theory]
    [InlineData(new byte[] { 2, 0, 0, 0, 0, 0, 8, 2 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 0, 0, 8, 0 })]
    [InlineData(new byte[] { 2, 0, 10, 0, 0, 0, 8, 1 })]
    [InlineData(new byte[] { 2, 0, 0xFF, 0xFF, 0xFF, 0xFF, 8, 1 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 0, 0, 8, 1 })]
    [InlineData(new byte[] { 2, 0 })]
    [InlineData(new byte[] { })]
    public void A_file_with_many_damaged_units_is_not_read_to_its_end(byte[] content)
    {
        // The abbreviation does not exist, the table does not exist, the fields do not exist.
        byte[] damaged = [.. BitConverter.GetBytes(content.Length), .. content];
        foreach ((int count, string expected) in ((int, string)[])[(60, "/home/a.c"), (70, "a.c")])
        {
            byte[] units = [.. Enumerable.Repeat(damaged, count).SelectMany(unit => unit), .. Unit];

            Assert.Equal([expected], TestUnits.Files(TestUnits.Elf(Lines, units, TestUnits.Abbreviation)));
        }
    }

    [Theory]
    [InlineData(new byte[] { 0x1B, 0x08, 0x10, 0x06, 0x03, 0x21 }, "/home/a.c")]
    [InlineData(new byte[] { 0x03, 0x21, 0x1B, 0x08, 0x10, 0x06 }, "a.c")]
    [InlineData(new byte[] { 0x03, 0x00, 0x1B, 0x08, 0x10, 0x06 }, "a.c")]
    [InlineData(new byte[] { 0x03, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0x1B, 0x08, 0x10, 0x06 }, "a.c")]
    public void A_form_that_is_not_known_ends_a_unit(byte[] fields, string expected) => Assert.Equal(
        [expected], TestUnits.Files(TestUnits.Elf(Lines, Unit, [1, 0x11, 0, .. fields, 0, 0, 0])));

    [Fact]
    public void A_folder_that_is_too_long_has_no_lines()
    {
        string folder = "/" + new string('x', 1017);

        Assert.Equal([$"{folder}/aa.c"], Files("aa.c"));
        Assert.Empty(Files("aaaa.c"));

        string[] Files(string file) => TestUnits.Files(TestUnits.Elf(
            TestUnits.Lines(file, 0x10), TestUnits.Unit(0, TestUnits.Entry(folder, 0)), TestUnits.Abbreviation));
    }

    [Fact]
    public void The_first_unit_of_a_line_program_counts() => Assert.Equal(
        ["/home/a.c"],
        TestUnits.Files(TestUnits.Elf(
            Lines, [.. Unit, .. TestUnits.Unit(0, TestUnits.Entry("/other", 0))], TestUnits.Abbreviation)));

    [Fact]
    public void A_form_that_is_always_another_form_ends_with_its_unit()
    {
        byte[] endless = TestUnits.Unit(TestUnits.Abbreviation.Length, [1, .. Enumerable.Repeat((byte)0x16, 1_000_000)]);

        Assert.Equal(["/home/a.c"], FilesInTime([.. endless, .. Unit], [.. TestUnits.Abbreviation, 1, 0x11, 0, 3, 0x16, 0, 0, 0]));
    }

    [Fact]
    public void Units_that_search_a_long_table_take_little_time()
    {
        // Each unit finds its abbreviation behind all others.
        byte[] unit = TestUnits.Unit(0, TestUnits.Entry("/x", 1));
        byte[] others = Repeat([2, 0x11, 0, 0, 0]);

        Assert.Equal(["a.c"], FilesInTime([.. Repeat(unit), .. Unit], [.. others, .. TestUnits.Abbreviation]));
        Assert.Equal(["/home/a.c"], FilesInTime(Unit, [.. others, .. TestUnits.Abbreviation]));
    }

    [Fact]
    public void Units_with_fields_without_bytes_take_little_time()
    {
        byte[] abbreviations = [1, 0x11, 0, .. Repeat([0x53, 0x19]), .. TestUnits.Abbreviation[3..]];
        byte[] unit = TestUnits.Unit(0, TestUnits.Entry("/x", 1));

        Assert.Equal(["a.c"], FilesInTime([.. Repeat(unit), .. Unit], abbreviations));
        Assert.Equal(["/home/a.c"], FilesInTime(Unit, abbreviations));
    }

    [Fact]
    public void The_folders_of_many_units_take_little_memory()
    {
        byte[] units =
        [
            .. Unit, .. Enumerable.Range(1, 2 * LineRows.MostFiles).SelectMany(i => TestUnits.Unit(0, TestUnits.Entry("/x", i))),
        ];
        DebugSections sections = new(Lines, default, default, units, TestUnits.Abbreviation);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal(LineRows.MostFiles, CompilerFolders.Read(sections).Count);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 12 << 20);
    }

    [Fact]
    public void Fields_take_no_memory()
    {
        byte[] abbreviations = [1, 0x11, 0, .. Repeat([3, 0x0E]), .. TestUnits.Abbreviation[3..]];
        byte[] unit = TestUnits.Unit(0, [1, .. new byte[4 * Many], .. TestUnits.Entry("/home", 0)[1..]]);
        DebugSections sections = new(Lines, default, TestUnits.Text("text"), unit, abbreviations);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Single(CompilerFolders.Read(sections));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
    }

    private static byte[] Repeat(byte[] bytes) => [.. Enumerable.Repeat(bytes, Many).SelectMany(part => part)];

    private static string[] FilesInTime(byte[] units, byte[] abbreviations)
    {
        ElfFile elf = TestUnits.Elf(Lines, units, abbreviations);
        Stopwatch watch = Stopwatch.StartNew();
        string[] files = TestUnits.Files(elf);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        return files;
    }
}
