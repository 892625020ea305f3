using Hyperlight.Paging;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>What is fixed about a virtual machine once its processor has run.</summary>
/// <param name="PhysicalAddressBits">How many bits of a physical address its processor reports.</param>
/// <param name="HasOwnPages">Whether KVM was given a place for pages of its own.</param>
internal sealed record MachineKind(int PhysicalAddressBits, bool HasOwnPages)
{
    /// <summary>What a layout asks for.</summary>
    public static MachineKind Of(GuestLayout layout) => new(layout.PhysicalAddressBits, layout.Paging == GuestPaging.None);
}
