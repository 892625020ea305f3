namespace Hyperlight.Hypervisors.Kvm;

/// <summary>
/// The features of the host that no guest is given (amd64 sheet, section 4.5):
/// <list type="bullet">
/// <item>virtualization inside the guest, the x2APIC, control-flow enforcement;</item>
/// <item>protection keys, because KVM_SET_XSAVE resets every register except PKRU, which holds the rights of the keys;</item>
/// <item>the services that KVM has for guests, such as its clocks, because a guest may use none of their registers.</item>
/// </list>
/// </summary>
internal static class CpuidMask
{
    // The leaves of CPUID, and the bits of the features in them (Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E).
    private const uint FeatureLeaf = 1;
    private const uint Vmx = 1 << 5;
    private const uint X2Apic = 1 << 21;
    private const uint ExtendedFeatureLeaf = 7;
    private const uint ProtectionKeys = 1 << 3 | 1 << 4;
    private const uint ShadowStacks = 1 << 7;
    private const uint BranchTracking = 1 << 20;
    private const uint ExtendedStateLeaf = 0xD;
    private const uint ProtectionKeyRights = 1 << 9;
    private const uint AmdFeatureLeaf = 0x8000_0001;
    private const uint Svm = 1 << 2;
    private const uint AddressSizeLeaf = 0x8000_0008;

    // KVM_CPUID_FEATURES (the kernel's Documentation/virt/kvm/x86/cpuid.rst): features in EAX, hints in EDX.
    private const uint KvmFeatureLeaf = 0x4000_0001;

    /// <summary>Hides the features in an entry, and sets the number of physical address bits in the entry that has it.</summary>
    public static void Apply(ref KvmCpuidEntry entry, int physicalAddressBits)
    {
        switch (entry.Function)
        {
            case FeatureLeaf:
                entry.Ecx &= ~(Vmx | X2Apic);
                break;
            case ExtendedFeatureLeaf when entry.Index == 0:
                entry.Ecx &= ~(ShadowStacks | ProtectionKeys);
                entry.Edx &= ~BranchTracking;
                break;
            case ExtendedStateLeaf when entry.Index == 0:
                entry.Eax &= ~ProtectionKeyRights;
                break;
            case KvmFeatureLeaf:
                (entry.Eax, entry.Edx) = (0, 0);
                break;
            case AmdFeatureLeaf:
                entry.Ecx &= ~Svm;
                break;
            case AddressSizeLeaf:
                entry.Eax = (entry.Eax & ~0xFFu) | (uint)physicalAddressBits;
                break;
        }
    }
}
