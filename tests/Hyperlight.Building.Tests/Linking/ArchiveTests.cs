using Hyperlight.Elf;
using Hyperlight.Linking;

namespace Hyperlight.Building.Tests.Linking;

/// <summary>Tests which members of archives a guest has.</summary>
public sealed class ArchiveTests
{
    private static readonly byte[] Zeros = new byte[16];

    [Fact]
    public void Archives_give_members_to_each_other_whatever_their_order()
    {
        LinkInput first = TestArchive.Of("first.a", ("a.o", Member("a", "b"), ["a"]), ("c.o", Member("c", "d"), ["c"]));
        LinkInput second = TestArchive.Of("second.a", ("b.o", Member("b", "c"), ["b"]), ("d.o", Member("d"), ["d"]));
        LinkInput entry = Entry("a").Input("entry.o");

        Assert.All(
            new LinkInput[][] { [entry, first, second], [entry, second, first], [second, first, entry] },
            inputs => Assert.Equal(["a", "b", "c", "d", "entrypoint"], Names(TestGuest.Link(inputs))));
    }

    [Fact]
    public void A_member_that_nothing_wants_is_left_out()
    {
        TestObject broken = new() { Machine = 3 };
        LinkInput archive = TestArchive.Of("lib.a", ("unused.o", broken, ["unused"]), ("used.o", Member("used"), ["used"]));

        Assert.Equal(["entrypoint", "used"], Names(TestGuest.Link(Entry("used").Input(), archive)));
    }

    [Fact]
    public void A_weak_reference_wants_no_member_and_a_definition_in_an_object_comes_first()
    {
        LinkInput archive = TestArchive.Of("lib.a", ("weak.o", Member("weak"), ["weak"]), ("own.o", Member("own"), ["own"]));
        TestObject entry = Entry("own").WithSymbol("weak", TestObject.Undefined, binding: ElfSymbolBinding.Weak)
            .WithRelocation(RelocationType.Slot, "weak", 8);

        Assert.Equal(["entrypoint", "own"], Names(TestGuest.Link(entry.Input(), Member("own").Input("own.o"), archive)));
    }

    [Fact]
    public void Of_two_members_with_a_symbol_the_first_of_the_first_archive_is_linked()
    {
        static LinkInput Archive(string name, byte first) => TestArchive.Of(
            name, ("1.o", Member("f", content: first), ["f"]), ("2.o", Member("f", content: 9), ["f"]));
        TestGuest guest = TestGuest.Link(Entry("f").Input(), Archive("one.a", 1), Archive("two.a", 2));

        Assert.Equal("01", guest.Hex(guest.Symbol("f"), 1));
    }

    [Fact]
    public void A_finding_names_the_archive_and_the_member()
    {
        LinkInput archive = TestArchive.Of("folder/lib.a", ("member.o", Member("f", "missing"), ["f"]));

        Assert.Contains(
            "'missing' is used by 'f' (lib.a(member.o), .text.f+0x4)",
            LinkErrorTests.Failure(Entry("f").Input(), archive).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_thin_archive_and_an_archive_without_an_index_are_HL7002()
    {
        byte[] whole = TestArchive.Of("lib.a", ("f.o", Member("f"), ["f"])).Content.ToArray();
        byte[] thin = [.. "!<thin>\n"u8, .. whole.AsSpan(8)];
        int member = 8 + 60 + 4 + 4 + 2;
        byte[] noIndex = [.. whole.AsSpan(0, 8), .. whole.AsSpan(member)];

        Assert.Contains("thin archive", Refused(thin).Message, StringComparison.Ordinal);
        Assert.Contains("run 'ranlib'", Refused(noIndex).Message, StringComparison.Ordinal);

        static Finding Refused(byte[] archive)
        {
            Finding finding = LinkErrorTests.Failure(Entry("f").Input(), new LinkInput("lib.a", archive));
            Assert.Equal(Rules.LinkUnsupported, finding.Rule);
            return finding;
        }
    }

    private static TestObject Entry(string wanted) => TestObject.WithEntry(Zeros).WithSymbol(wanted, TestObject.Undefined)
        .WithRelocation(RelocationType.Call32, wanted, 4);

    private static TestObject Member(string name, string? wanted = null, byte content = 0)
    {
        TestObject member = new TestObject().WithSection(".text." + name, [content, .. Zeros])
            .WithSymbol(name, 1, type: ElfSymbolType.Function);
        return wanted is null
            ? member
            : member.WithSymbol(wanted, TestObject.Undefined).WithRelocation(RelocationType.Call32, wanted, 4);
    }

    private static IEnumerable<string> Names(TestGuest guest) =>
        guest.Symbols().Select(symbol => symbol.Name).Where(name => name.Length > 0).Order(StringComparer.Ordinal);
}
