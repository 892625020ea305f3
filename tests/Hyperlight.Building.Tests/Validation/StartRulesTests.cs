using Hyperlight.Elf;
using Hyperlight.Layouts;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Validation;

/// <summary>
/// Tests the findings about work that must be done before a guest's code runs: thread pointer, constructors, relocations, symbols.
/// </summary>
public sealed class StartRulesTests
{
    private const ulong Data = 0x2000;
    private const ulong Code = 0x20;

    [Fact]
    public void Thread_local_variables_that_nothing_sets_up_warn_with_HL1013_and_a_name()
    {
        GuestReport report = GuestReport.OfAmd64(TestElf.Amd64().WithTls(8).WithSymbol("counter", 0, 4, ElfSymbolType.ThreadLocal));

        Assert.Equal(["HL1013"], report.Codes);
        Assert.Equal(FindingSeverity.Warning, report.Findings[0].Rule.Severity);
        Assert.Contains("'counter' among them", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Thread_local_sections_that_a_script_left_without_a_header_warn_with_HL1013()
    {
        TestElf elf = TestElf.Amd64().WithLoadedSection(
            ".tdata", ElfSectionType.ProgramBits, Data, 8, ElfSectionFlags.Allocate | ElfSectionFlags.ThreadLocal);

        GuestReport report = GuestReport.OfAmd64(elf);

        Assert.Equal(["HL1013"], report.Codes);
        Assert.Contains("'.tdata' without a PT_TLS header", report.Text, StringComparison.Ordinal);
    }

    /// <summary>Upstream ignores PT_TLS. A guest that sets its own thread pointer can use the header.</summary>
    [Fact]
    public void A_guest_that_sets_its_thread_pointer_may_have_thread_local_variables()
    {
        byte[] wrfsbase = [0xF3, 0x48, 0x0F, 0xAE, 0xD0];
        byte[] wrmsr = [0xB9, 0x00, 0x01, 0x00, 0xC0, 0x0F, 0x30];
        byte[] leaOfTheValues = [0x48, 0x8D, 0x05, .. BitConverter.GetBytes((int)(Data - Code - 7))];
        Assert.All(
            [wrfsbase, wrmsr, leaOfTheValues],
            code => Assert.Empty(GuestReport.OfAmd64(TestElf.Amd64().WithTls(8).WithCodeAt(Code, code)).Findings));

        // The variables stay in place, and the word behind them points to itself.
        Assert.Empty(GuestReport.OfAmd64(TestElf.Amd64().WithTls(8).WithRela(Data + 8, (long)Data + 8)).Findings);
        Assert.Empty(GuestReport.OfValidating(TestElf.I686At(0x10_0000).WithTls(8).WithWordsAt(0x10_2008, 0x10_2008), Flat).Codes);
        Assert.Equal(
            ["HL1013"], GuestReport.OfValidating(TestElf.I686At(0x10_0000).WithTls(8).WithWordsAt(0x10_2008, 0x10_200C), Flat).Codes);
    }

    [Fact]
    public void Constructors_that_nothing_refers_to_warn_with_HL1023_and_the_name_of_the_first()
    {
        TestElf Guest(string name, ElfSectionType type) =>
            TestElf.Amd64().WithLoadedSection(name, type, Data, 16).WithRela(Data + 8, (long)Code).WithSymbol("set_up", Code, 4);

        GuestReport report = GuestReport.OfAmd64(Guest(".init_array", ElfSectionType.InitializationArray));

        Assert.Equal(["HL1023"], report.Codes);
        Assert.Contains("the first of them 'set_up'", report.Text, StringComparison.Ordinal);
        Assert.Equal(["HL1023"], GuestReport.OfAmd64(Guest(".preinit_array", ElfSectionType.PreinitializationArray)).Codes);
        Assert.Equal(["HL1023"], GuestReport.OfAmd64(Guest(".ctors", ElfSectionType.ProgramBits)).Codes);

        // Without section headers the dynamic table gives the address of the constructors.
        TestElf stripped = TestElf.Amd64().WithoutSections().WithRela(Data, (long)Code)
            .WithDynamic(ElfDynamicTag.InitializationArray, Data).WithDynamic(ElfDynamicTag.InitializationArraySize, 8);
        Assert.Equal(["HL1023"], GuestReport.OfAmd64(stripped).Codes);
    }

    [Fact]
    public void Constructors_that_the_guest_runs_itself_are_no_finding()
    {
        byte[] leaOfTheTable = [0x48, 0x8D, 0x05, .. BitConverter.GetBytes((int)(Data - Code - 7))];
        Assert.Empty(GuestReport.OfAmd64(TestElf.Amd64().WithLoadedSection(".init_array", ElfSectionType.InitializationArray, Data)
            .WithRela(Data, (long)Code).WithCodeAt(Code, leaOfTheTable)).Findings);
        Assert.Empty(GuestReport.OfValidating(
            TestElf.I686At(0x10_0000).WithLoadedSection(".init_array", ElfSectionType.InitializationArray, 0x10_2000)
            .WithWordsAt(0x10_2000, 0x10_0020).WithCodeAt(0x10_0020, [0xBE, .. BitConverter.GetBytes(0x10_2000)]), Flat).Codes);

        // An empty table has no constructors.
        Assert.Empty(
            GuestReport.OfAmd64(TestElf.Amd64().WithLoadedSection(".init_array", ElfSectionType.InitializationArray, Data)).Findings);
    }

    [Fact]
    public void A_function_that_a_resolver_chooses_is_HL1014_in_a_guest_for_one_address_too()
    {
        TestElf Guest() => TestElf.I686At(0x10_0000)
            .WithLoadedSection(".rel.iplt", ElfSectionType.Rel, 0x10_2000)
            .WithWordsAt(0x10_2000, 0x10_2010, 42)
            .WithWordsAt(0x10_2010, 0x10_0020)
            .WithSymbol("choose", 0x10_0020, 4).WithSymbol("fast", 0x10_0020, 4, ElfSymbolType.IndirectFunction);

        GuestReport report = GuestReport.OfValidating(Guest(), Flat);

        Assert.Equal(["HL1014"], report.Codes);
        Assert.Contains("the function 'fast' is chosen by the resolver 'choose'", report.Text, StringComparison.Ordinal);
        Assert.Contains("R_386_IRELATIVE at 0x102010", report.Text, StringComparison.Ordinal);

        // The start code of a C library refers to the table and runs the resolvers.
        Assert.Empty(GuestReport.OfValidating(Guest().WithCodeAt(0x10_0030, [0xBE, .. BitConverter.GetBytes(0x10_2000)]), Flat).Codes);
    }

    [Fact]
    public void Relocations_that_the_dynamic_table_does_not_name_are_HL1014()
    {
        GuestReport report = GuestReport.OfAmd64(
            TestElf.Amd64().WithLoadedSection(".rela.dyn", ElfSectionType.Rela, Data, 24).WithWordsAt(Data, Data + 0x20, 8, 0x10));

        Assert.Equal(["HL1014"], report.Codes);
        Assert.Contains("the section '.rela.dyn', which the dynamic table does not name", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_undefined_symbol_warns_with_HL1022_and_its_name()
    {
        GuestReport report = GuestReport.OfAmd64(TestElf.Amd64().WithUndefinedSymbol("missing", ElfSymbolBinding.Global));

        Assert.Equal(["HL1022"], report.Codes);
        Assert.Contains("nothing defines the symbol 'missing'", report.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("__tls_get_addr")]
    [InlineData("___tls_get_addr")]
    public void The_name_of_a_call_that_linkers_replace_is_no_finding(string name) =>
        Assert.Empty(GuestReport.OfAmd64(TestElf.Amd64().WithUndefinedSymbol(name, ElfSymbolBinding.Global)).Findings);

    [Fact]
    public void An_object_file_is_not_told_that_its_symbols_are_undefined() =>
        Assert.Equal(["HL1005"], GuestReport.OfAmd64(TestElf.Amd64().WithType(ElfType.Relocatable)
            .WithUndefinedSymbol("missing", ElfSymbolBinding.Global)).Codes);

    [Fact]
    public void A_weak_symbol_is_HL1022_where_a_function_calls_it_unasked_and_else_good_to_know()
    {
        byte[] call = CallFrom(Code);
        byte[] guarded = [0x48, 0xC7, 0xC0, 0, 0, 0, 0, 0x48, 0x85, 0xC0, 0x74, 5, .. CallFrom(Code + 12)];
        byte[] reads = [0x48, 0x8B, 0x3D, .. BitConverter.GetBytes((int)(Data + 8 - Code - 7)), .. CallFrom(Code + 7)];
        byte[] compares = [0x48, 0x83, 0x3D, .. BitConverter.GetBytes((int)(Data + 8 - Code - 8)), 0, .. CallFrom(Code + 8)];
        byte[] callsWithNumber = [0xBF, .. BitConverter.GetBytes((int)(Data + 8 - Code - 5)), .. CallFrom(Code + 5)];
        GuestReport Of(byte[] code) => GuestReport.OfAmd64(
            TestElf.Amd64().WithCodeAt(Code, code).WithSymbol("user", Code, 0x18).WithUndefinedSymbol("missing", ElfSymbolBinding.Weak));

        Assert.Equal(["HL1022"], Of(call).Codes);
        Assert.Contains("the function 'user' calls the weak symbol 'missing'", Of(call).Text, StringComparison.Ordinal);
        Assert.Equal(["HL1022"], Of(callsWithNumber).Codes);
        Assert.All([guarded, reads, compares, [0xF4]], code =>
        {
            Finding finding = Assert.Single(Of(code).Findings);
            Assert.Equal(("HL1025", FindingSeverity.Information), (finding.Rule.Code, finding.Rule.Severity));
            Assert.Contains("'missing'", finding.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void A_page_of_code_and_data_warns_with_HL1017_where_there_are_page_tables()
    {
        TestElf Guest(TestElf elf, ulong at) => elf.WithoutSegments()
            .WithSegment(at, ElfSegmentFlags.Read | ElfSegmentFlags.Execute, new byte[0x100], alignment: 16)
            .WithSegment(at + 0x100, ElfSegmentFlags.Read, new byte[0x100], alignment: 16)
            .WithSegment(at + 0x200, ElfSegmentFlags.Read | ElfSegmentFlags.Write, new byte[0x100], alignment: 16).WithEntry(at);

        GuestReport report = GuestReport.OfAmd64(Guest(TestElf.Amd64(), 0));

        Assert.Equal(["HL1017"], report.Codes);
        Assert.Contains("the page 0x0 belongs to segment", report.Text, StringComparison.Ordinal);
        Assert.Equal(["HL1017"], GuestReport.OfValidating(Guest(TestElf.I686At(0x1000), 0x1000), GuestLayouts.I686V15).Codes);
        Assert.Empty(GuestReport.OfValidating(Guest(TestElf.I686At(0x10_0000), 0x10_0000), Flat).Codes);
    }

    // A call of address 0.
    private static byte[] CallFrom(ulong address) => [0xE8, .. BitConverter.GetBytes(-(int)address - 5)];

    private static GuestLayout Flat => GuestLayouts.I686Flat.PlacedAt(new(0x10_0000));
}
