using System.Runtime.InteropServices;
using Hyperlight.Hypervisors.Kvm;

namespace Hyperlight.Runtime.Tests.Hypervisors.Kvm;

/// <summary>Tests what CPUID tells a guest of KVM.</summary>
public sealed class KvmCpuidTests() : CpuidTests(TestHypervisor.Kvm)
{
    [Fact]
    public void The_table_for_guests_has_no_hidden_feature()
    {
        const int Header = 2 * sizeof(uint);
        ReadOnlySpan<byte> cpuid = TestHypervisor.Kvm.System.Cpuid(36);
        KvmCpuidEntry[] entries = MemoryMarshal.Cast<byte, KvmCpuidEntry>(cpuid[Header..]).ToArray();
        Assert.Equal(entries.Length, BitConverter.ToInt32(cpuid));

        // Hidden features: VMX and x2APIC, shadow stacks and protection keys, branch tracking, SVM (amd64 sheet, section 4.5).
        Assert.All(entries.Where(entry => entry.Function == 1), entry => Assert.Equal(0u, entry.Ecx & (1u << 5 | 1u << 21)));
        Assert.All(
            entries.Where(entry => entry is { Function: 7, Index: 0 }),
            entry => Assert.Equal((0u, 0u), (entry.Ecx & 0x98, entry.Edx & 1u << 20)));
        Assert.All(entries.Where(entry => entry.Function == 0x8000_0001), entry => Assert.Equal(0u, entry.Ecx & 1u << 2));
        Assert.Contains(entries, entry => entry.Function == 1 && entry.Edx != 0);
    }

    [Fact]
    public void The_guest_sees_that_kvm_offers_it_nothing()
    {
        // mov eax, 0x40000001; cpuid; mov ebx, edx; mov edx, 0x10; out dx, eax; mov eax, ebx; out dx, eax
        using TinyGuest features = LongMode(
            [0xB8, 1, 0, 0, 0x40, 0x0F, 0xA2, 0x89, 0xD3, 0xBA, 0x10, 0, 0, 0, 0xEF, 0x89, 0xD8, 0xEF, 0xF4]);
        Assert.Equal((0u, 0u), ((uint)features.Machine.Run().Value, (uint)features.Machine.Run().Value));
    }
}
