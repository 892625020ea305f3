using Hyperlight.Elf;
using Hyperlight.Linking;

namespace Hyperlight.Building.Tests.Linking;

/// <summary>Tests that inputs that cannot be linked end in one finding that names them.</summary>
public sealed class LinkErrorTests
{
    private static readonly byte[] SomeCode = [0xE8, 0, 0, 0, 0, 0xC3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    [Fact]
    public void An_object_that_is_cut_off_is_HL7001()
    {
        byte[] whole = TestObject.WithEntry(SomeCode).Build();

        AssertFails(Rules.LinkMalformed, "lies outside the file", new LinkInput("cut.o", whole.AsMemory(0, whole.Length - 1)));
    }

    [Fact]
    public void An_object_for_another_machine_is_HL7002() =>
        AssertFails(Rules.LinkUnsupported, "machine 183", new TestObject { Machine = 183 }.Input());

    [Fact]
    public void A_section_in_memory_of_an_unknown_type_is_HL7003() => AssertFails(
        Rules.LinkSection,
        "type 0x13",
        TestObject.WithEntry(SomeCode).WithSection(".packed", SomeCode, ElfSectionFlags.Allocate, ElfSectionType.Relr).Input());

    [Fact]
    public void A_symbol_that_nothing_defines_is_HL7004_with_the_function_and_the_object() => AssertFails(
        Rules.LinkUndefined,
        "'missing' is used by 'entrypoint' (test.o, .text+0x1)",
        TestObject.WithEntry(SomeCode).WithSymbol("missing", 0).WithRelocation(RelocationType.Call32, "missing", 1, -4).Input());

    [Fact]
    public void A_symbol_that_two_objects_define_is_HL7005_with_both() => AssertFails(
        Rules.LinkDuplicate,
        "'entrypoint' is defined in 'one.o' and in 'two.o'",
        TestObject.WithEntry(SomeCode).Input("one.o"),
        TestObject.WithEntry(SomeCode).Input("two.o"));

    [Fact]
    public void A_function_that_a_resolver_chooses_is_HL7007() => AssertFails(
        Rules.LinkIndirect,
        "'chosen' of 'test.o'",
        TestObject.WithEntry(SomeCode).WithSymbol("chosen", 1, type: ElfSymbolType.IndirectFunction).Input());

    [Fact]
    public void A_reference_to_a_part_that_is_left_out_is_HL7009() => AssertFails(
        Rules.LinkDiscarded,
        "no part of the guest",
        TestObject.WithEntry(SomeCode).WithSection(".comment", SomeCode, 0).WithSymbol("text", 2)
            .WithRelocation(RelocationType.Relative32, "text", 1).Input());

    [Fact]
    public void A_guest_that_is_too_large_is_HL7010() => AssertFails(
        Rules.LinkLimit,
        "allowed are 0x40000000",
        TestObject.WithEntry(SomeCode).WithSymbol("large", 0xFFF2, value: 8, size: 1ul << 40).Input());

    /// <summary>Links objects that cannot be linked, and gets the only finding.</summary>
    internal static Finding Failure(params LinkInput[] inputs)
    {
        List<Finding> findings = [];

        Assert.Null(GuestLinker.Link(inputs, findings));
        return Assert.Single(findings);
    }

    private static void AssertFails(DiagnosticRule rule, string text, params LinkInput[] inputs)
    {
        Finding finding = Failure(inputs);
        Assert.Equal(rule, finding.Rule);
        Assert.Contains(text, finding.Message, StringComparison.Ordinal);
    }
}
