using Hyperlight.Hypervisors;
using Hyperlight.Layouts;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Tests every exit in every layout (i686 sheet, section 6.5).</summary>
[Wine]
public class ExitTests
{
    // The registers of an AMD processor after a shutdown (AMD manual volume 2, table 14-1).
    private static readonly SpecialRegisters Reset = new()
    {
        Cs = new() { Base = 0xFFFF_0000, Limit = 0xFFFF, Selector = 0xF000 },
        Gdt = new() { Limit = 0xFFFF },
        Idt = new() { Limit = 0xFFFF },
        Cr0 = 0x6000_0010,
    };

    public static TheoryData<string> Names => Exits.Names;

    [KvmTheory]
    [MemberData(nameof(Names))]
    public void An_exit_from_real_mode_ends_as_the_table_says(string exit) => Exits.Provoke("identity", exit);

    [KvmTheory]
    [MemberData(nameof(Names))]
    public void An_exit_from_protected_mode_ends_as_the_table_says(string exit) => Exits.Provoke("flat", exit);

    [KvmTheory(Needs.Paging32)]
    [MemberData(nameof(Names))]
    public void An_exit_with_paging_ends_as_the_table_says(string exit) => Exits.Provoke("paged", exit);

    [KvmFact(Needs.Paging32)]
    public void A_write_to_the_image_past_its_own_page_tables_names_address_access_and_region()
    {
        using TestGuest guest = BareGuest.Paged(Exits.WriteToImage);

        GuestFaultException fault = Assert.Throws<GuestFaultException>(() => guest.Start());

        Assert.Equal(
            (new GuestPhysicalAddress(BareGuest.PagedAddress), MemoryAccessKind.Write, "image"),
            (fault.Address, fault.Access, fault.Region));
        Assert.Contains("which is read-only", fault.Message, StringComparison.Ordinal);
        guest.AssertUnchanged();
    }

    [Theory]
    [InlineData(nameof(EntryMode.RealMode), "real mode")]
    [InlineData(nameof(EntryMode.ProtectedMode), "protected mode without paging")]
    [InlineData(nameof(EntryMode.PagedProtectedMode), "protected mode with paging")]
    [InlineData(nameof(EntryMode.LongMode), "long mode")]
    public void A_triple_fault_says_where_and_in_which_mode(string mode, string text) => Assert.Equal(
        $"The guest triple-faulted at RIP 0x1234 in {text}: an exception occurred that its processor could not deliver; the guest has no "
            + "GDT and no IDT yet.",
        Describe(EntryState.For(Enum.Parse<EntryMode>(mode), new(0x1000)), 0x1234));

    [Theory]
    [InlineData(0x17, 0, "; the guest has no IDT yet.")]
    [InlineData(0, 0xFF, "; the guest has no GDT yet.")]
    [InlineData(0x17, 0xFF, "; look at the guest's GDT, IDT and stack.")]
    public void A_triple_fault_says_which_table_the_guest_lacks(ushort gdtLimit, ushort idtLimit, string end)
    {
        SpecialRegisters special = EntryState.For(EntryMode.ProtectedMode, default) with
        {
            Gdt = new() { Limit = gdtLimit },
            Idt = new() { Limit = idtLimit },
        };

        Assert.EndsWith(end, Describe(special, 1), StringComparison.Ordinal);
    }

    [Fact]
    public void A_processor_that_a_triple_fault_resets_has_no_place_to_tell()
    {
        string message = Describe(Reset, 0xFFF0);

        Assert.Contains("The address is lost", message, StringComparison.Ordinal);
        Assert.DoesNotContain("RIP", message, StringComparison.Ordinal);
        Assert.Contains("RIP 0xFFF0 in real mode", Describe(EntryState.For(EntryMode.RealMode, default), 0xFFF0), StringComparison.Ordinal);
    }

    [Fact]
    public void Paging_that_is_off_although_the_guest_was_started_with_it_is_named()
    {
        SpecialRegisters unpaged = EntryState.For(EntryMode.ProtectedMode, default);

        Assert.Contains(
            "a hypervisor that emulates guest code may not have it",
            Describe(unpaged, 0x4390, EntryMode.PagedProtectedMode),
            StringComparison.Ordinal);
        Assert.DoesNotContain("KVM", Describe(unpaged, 0x4390), StringComparison.Ordinal);
    }

    private static string Describe(SpecialRegisters special, ulong rip, EntryMode start = EntryMode.ProtectedMode) =>
        TripleFault.Describe(new(new() { Rip = rip }, special, 1, []), start, new(rip, Location: null));
}
