using System.Buffers.Binary;
using Hyperlight.Elf;
using Hyperlight.Linking;

namespace Hyperlight.Building.Tests.Linking;

/// <summary>Tests the values of relocations, and the code that replaces code.</summary>
public sealed class RelocationTests
{
    private const ElfSectionFlags Data = ElfSectionFlags.Allocate | ElfSectionFlags.Write;
    private static readonly byte[] Zeros = new byte[16];

    [Theory]
    [InlineData(RelocationType.Relative32)]
    [InlineData(RelocationType.Call32)]
    public void A_relative_place_has_the_distance_to_its_symbol(object type)
    {
        Guest guest = Link(TestObject.WithEntry(new byte[32])
            .WithSection(".data", Zeros, Data).WithSymbol("value", 2, 8).WithRelocation((RelocationType)type, "value", 4, -4));

        Assert.Equal((long)(guest.Of(".data") + 8) - 4 - (long)(guest.Of(".text") + 4), guest.Int32(".text", 4));
    }

    [Fact]
    public void An_address_has_a_relative_relocation()
    {
        Guest guest = Link(TestObject.WithEntry(Zeros).WithSection(".data", Zeros, Data).WithSymbol("value", 2)
            .WithRelocation(RelocationType.Relative32, "value", 0)
            .WithRelocation(RelocationType.Absolute64, "entrypoint", 8, 3, section: 2));

        ulong relocation = guest.Of(".rela.dyn");
        Assert.Equal(guest.Of(".data") + 8, guest.UInt64(relocation));
        Assert.Equal(8ul, guest.UInt64(relocation + 8));
        Assert.Equal(guest.Of(".text") + 3, guest.UInt64(relocation + 16));
        Assert.Equal(guest.Of(".text") + 3, guest.UInt64(guest.Of(".data") + 8));
    }

    [Theory]
    [InlineData(RelocationType.SlotRelaxableRex, "488B0500000000", "488D05", 3)]
    [InlineData(RelocationType.SlotRelaxable, "90FF1500000000", "9067E8", 3)]
    [InlineData(RelocationType.SlotRelaxable, "90FF2500000000", "90E9", 2)]
    public void An_access_through_a_slot_becomes_an_access_without(object type, string before, string after, int place)
    {
        Guest guest = Link(TestObject.WithEntry([.. Convert.FromHexString(before), .. Zeros])
            .WithSection(".text.value", Zeros).WithSymbol("value", 2).WithRelocation((RelocationType)type, "value", 3, -4));

        ulong start = guest.Of(".text");
        Assert.Equal(after, Convert.ToHexString(guest.Image.AsSpan((int)start, after.Length / 2)));
        Assert.Equal(24 - 4 - place, guest.Int32(".text", place));
        Assert.DoesNotContain(guest.Elf.Sections, section => section.Name == ".got");
    }

    [Fact]
    public void An_access_that_cannot_do_without_a_slot_gets_one_that_moves_with_the_guest()
    {
        Guest guest = Link(TestObject.WithEntry([0x48, 0x8B, 0x05, 0, 0, 0, 0, 0xC3])
            .WithRelocation(RelocationType.Slot, "entrypoint", 3, -4));

        Assert.Equal((long)guest.Of(".got") - 4 - (long)(guest.Of(".text") + 3), guest.Int32(".text", 3));
        Assert.Equal(guest.Of(".text"), guest.UInt64(guest.Of(".got")));
        Assert.Equal(guest.Of(".got"), guest.UInt64(guest.Of(".rela.dyn")));
    }

    [Theory]
    [InlineData(RelocationType.GeneralDynamic, "66488D3D00000000666648E800000000", "64488B042500000000488D80", 4, 12)]
    [InlineData(RelocationType.GeneralDynamic, "66488D3D000000006648FF1500000000", "64488B042500000000488D80", 4, 12)]
    [InlineData(RelocationType.InitialExec, "4C8B0500000000", "49C7C0", 3, 3)]
    [InlineData(RelocationType.InitialExec, "48033D00000000", "4881C7", 3, 3)]
    public void A_thread_local_variable_is_reached_from_the_thread_pointer(object type, string before, string after, int at, int place)
    {
        Guest guest = Link(TestObject.WithEntry(Convert.FromHexString(before))
            .WithSection(".tdata", Zeros, Data | ElfSectionFlags.ThreadLocal)
            .WithSymbol("value", 2, 8, type: ElfSymbolType.ThreadLocal)
            .WithRelocation((RelocationType)type, "value", (ulong)at, -4));

        Assert.Equal(after, Convert.ToHexString(guest.Image.AsSpan((int)guest.Of(".text"), after.Length / 2)));
        Assert.Equal(8 - 64, guest.Int32(".text", place));
    }

    [Theory]
    [InlineData("488D3D00000000E800000000", "66666664488B042500000000")]
    [InlineData("488D3D00000000FF1500000000", "6666666664488B042500000000")]
    public void The_thread_local_variables_of_a_module_are_reached_from_the_thread_pointer(string before, string after)
    {
        Guest guest = Link(TestObject.WithEntry([.. Convert.FromHexString(before), .. Zeros])
            .WithSection(".tdata", Zeros, Data | ElfSectionFlags.ThreadLocal)
            .WithSymbol("value", 2, 8, type: ElfSymbolType.ThreadLocal)
            .WithRelocation(RelocationType.LocalDynamic, "value", 3, -4)
            .WithRelocation(RelocationType.ModuleOffset32, "value", 16)
            .WithRelocation(RelocationType.ThreadOffset32, "value", 20));

        Assert.Equal(after, Convert.ToHexString(guest.Image.AsSpan((int)guest.Of(".text"), after.Length / 2)));
        Assert.Equal(8 - 64, guest.Int32(".text", 16));
        Assert.Equal(8 - 64, guest.Int32(".text", 20));
    }

    [Fact]
    public void What_nothing_refers_to_is_left_out_and_two_links_give_the_same_bytes()
    {
        TestObject source = TestObject.WithEntry(Zeros).WithSection(".text.unused", new byte[64]).WithSymbol("unused", 2);
        Guest guest = Link(source);

        Assert.DoesNotContain("unused", guest.Map, StringComparison.Ordinal);
        Assert.Contains("entrypoint", guest.Map, StringComparison.Ordinal);
        Assert.Equal(guest.Image, Link(source).Image);
    }

    [Fact]
    public void A_weak_definition_gives_way_and_a_weak_reference_may_stay_open()
    {
        Guest guest = Link(
            TestObject.WithEntry(Zeros).WithSymbol("open", 0, binding: ElfSymbolBinding.Weak)
                .WithSymbol("value", 1, 1, binding: ElfSymbolBinding.Weak)
                .WithSection(".data", Zeros, Data).WithSymbol("table", 2).WithRelocation(RelocationType.Relative32, "table", 0)
                .WithRelocation(RelocationType.Absolute64, "value", 0, section: 2)
                .WithRelocation(RelocationType.Absolute64, "open", 8, section: 2),
            new TestObject().WithSection(".text", Zeros).WithSymbol("value", 1, 2));

        Assert.Equal(guest.Of(".text") + 16 + 2, guest.UInt64(guest.Of(".data")));
        Assert.Equal(0ul, guest.UInt64(guest.Of(".data") + 8));
    }

    [Fact]
    public void A_string_that_ends_as_another_lies_in_it()
    {
        const ElfSectionFlags Strings = ElfSectionFlags.Allocate | ElfSectionFlags.Merge | ElfSectionFlags.Strings;
        TestObject source = TestObject.WithEntry(Zeros).WithSection(".rodata.one", "night\0"u8.ToArray(), Strings, entry: 1)
            .WithSection(".rodata.two", "night\0"u8.ToArray(), Strings, entry: 1)
            .WithSymbol("one", 2).WithSymbol("two", 3)
            .WithRelocation(RelocationType.Relative32, "one", 0).WithRelocation(RelocationType.Relative32, "two", 4);
        Guest guest = Link(source);

        Assert.Equal(guest.Int32(".text", 0) - 4, guest.Int32(".text", 4));
    }

    private static Guest Link(params TestObject[] objects)
    {
        List<Finding> findings = [];
        LinkedGuest? linked = GuestLinker.Link(
            new() { Inputs = [.. objects.Select((source, i) => source.Input($"{i}.o"))] }, findings);
        Assert.Empty(findings);
        ElfFile? elf = ElfFile.TryRead(linked!.Image, findings);
        Assert.NotNull(elf);
        return new(linked.Image, linked.Map, elf);
    }

    private sealed record Guest(byte[] Image, string Map, ElfFile Elf)
    {
        public ulong Of(string section)
        {
            string line = Map.Split('\n').First(line => line.Length > 26 && line[26..] == section);
            return Convert.ToUInt64(line[..16], 16);
        }

        public int Int32(string section, int offset) => BinaryPrimitives.ReadInt32LittleEndian(Image.AsSpan((int)Of(section) + offset));

        public ulong UInt64(ulong address) => BinaryPrimitives.ReadUInt64LittleEndian(Image.AsSpan((int)address));
    }
}
