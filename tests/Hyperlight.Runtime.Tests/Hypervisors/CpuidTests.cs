using Hyperlight.Hypervisors;
using Hyperlight.Layouts;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>Tests what CPUID tells a guest.</summary>
public abstract class CpuidTests : BehaviourTests
{
    private protected CpuidTests(IHypervisor hypervisor)
        : base(hypervisor)
    {
    }

    [Fact]
    public void The_guest_believes_in_as_many_address_bits_as_its_layout_has()
    {
        // mov eax, 0x80000008; cpuid; mov edx, 0x10; out dx, eax
        using TinyGuest guest = LongMode(0xB8, 8, 0, 0, 0x80, 0x0F, 0xA2, 0xBA, 0x10, 0, 0, 0, 0xEF, 0xF4);

        Assert.Equal(36u, guest.Machine.Run().Value & 0xFF);
    }

    /// <summary>Every profile has 32 address bits (i686 sheet, section 3.1).</summary>
    [Fact]
    public void A_32_bit_guest_believes_in_32_address_bits()
    {
        // mov eax, 0x80000008; cpuid; out 0x10, al
        using TinyGuest guest = RealMode(0x66, 0xB8, 8, 0, 0, 0x80, 0x0F, 0xA2, 0xE6, 0x10);

        Assert.Equal(32u, guest.Machine.Run().Value);
        Assert.All(GuestLayouts.All.Where(layout => layout.Architecture == "i686"), layout => Assert.Equal(32, layout.PhysicalAddressBits));
    }

    [KvmFact(Needs.Paging32)]
    public void A_paged_32_bit_guest_believes_in_32_address_bits()
    {
        using TinyGuest guest = TinyGuest.PagedProtectedMode(Tested, 0xB8, 8, 0, 0, 0x80, 0x0F, 0xA2, 0xE6, 0x10);

        Assert.Equal(32u, guest.Machine.Run().Value);
    }

    [Theory]
    [InlineData(1, 1u << 5 | 1u << 21)]
    [InlineData(7, 1u << 3 | 1u << 4 | 1u << 7)]
    [InlineData(0x8000_0001, 1u << 2)]
    public void Features_that_guests_must_not_use_are_hidden(uint function, uint features)
    {
        // mov eax, function; xor ecx, ecx; cpuid; mov eax, ecx; mov edx, 0x10; out dx, eax
        using TinyGuest guest = LongMode(
            [0xB8, .. BitConverter.GetBytes(function), 0x31, 0xC9, 0x0F, 0xA2, 0x89, 0xC8, 0xBA, 0x10, 0, 0, 0, 0xEF, 0xF4]);

        Assert.Equal(0u, (uint)guest.Machine.Run().Value & features);
    }
}
