using Hyperlight.Paging;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>The properties of a virtual machine that cannot be changed once its processor has run.</summary>
/// <param name="PhysicalAddressBits">The number of physical address bits that the processor reports.</param>
/// <param name="HasOwnPages">Whether KVM was given a place for its own pages below 4 GiB.</param>
internal sealed record MachineKind(int PhysicalAddressBits, bool HasOwnPages)
{
    /// <summary>Gets the kind of machine that guests of a layout need.</summary>
    public static MachineKind Of(GuestLayout layout) => new(layout.PhysicalAddressBits, layout.Paging == GuestPaging.None);
}
