using Hyperlight.Hypervisors.Kvm;

namespace Hyperlight.Runtime.Tests.Hypervisors.Kvm;

public class CpuidMaskTests
{
    // The host has every feature. Hidden are VMX and x2APIC, shadow stacks, protection keys, branch tracking, KVM's features and SVM, and
    // nothing else.
    [Theory]
    [InlineData(1, 0, uint.MaxValue, ~(1u << 5 | 1u << 21), uint.MaxValue)]
    [InlineData(7, 0, uint.MaxValue, ~(1u << 3 | 1u << 4 | 1u << 7), ~(1u << 20))]
    [InlineData(7, 1, uint.MaxValue, uint.MaxValue, uint.MaxValue)]
    [InlineData(0xD, 0, ~(1u << 9), uint.MaxValue, uint.MaxValue)]
    [InlineData(0xD, 1, uint.MaxValue, uint.MaxValue, uint.MaxValue)]
    [InlineData(0x4000_0000, 0, uint.MaxValue, uint.MaxValue, uint.MaxValue)]
    [InlineData(0x4000_0001, 0, 0u, uint.MaxValue, 0u)]
    [InlineData(0x8000_0001, 0, uint.MaxValue, ~(1u << 2), uint.MaxValue)]
    public void Features_are_hidden_on_every_host(uint function, uint index, uint eax, uint ecx, uint edx)
    {
        KvmCpuidEntry entry = new()
        {
            Function = function,
            Index = index,
            Eax = uint.MaxValue,
            Ebx = uint.MaxValue,
            Ecx = uint.MaxValue,
            Edx = uint.MaxValue,
        };

        CpuidMask.Apply(ref entry, 36);

        Assert.Equal((eax, uint.MaxValue, ecx, edx), (entry.Eax, entry.Ebx, entry.Ecx, entry.Edx));
    }
}
