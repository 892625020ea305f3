using Hyperlight.Hypervisors;
using Hyperlight.Runtime.Tests.Hypervisors;

namespace Hyperlight.Runtime.Tests;

/// <summary>Finds out what the machine's KVM can do, once for each test run, with guests of a few bytes.</summary>
internal static class Probes
{
    private static readonly Lazy<string?> Kvm = new(() => Hypervisor.Check() is { } finding ? $"probe Kvm: {finding}" : null);
    private static readonly Lazy<string?> Paging32 = new(TryPaging32);
    private static readonly Lazy<string?> InterruptReturn32 = new(TryInterruptReturn32);

    /// <summary>Gets the reason why tests with these needs cannot run here; <c>null</c> if they can.</summary>
    public static string? Missing(Needs needs) => needs switch
    {
        Needs.Kvm => Kvm.Value,
        Needs.Paging32 => Kvm.Value ?? Paging32.Value,
        Needs.InterruptReturn32 => Kvm.Value ?? InterruptReturn32.Value,
        _ => throw new ArgumentOutOfRangeException(nameof(needs), needs, "This need has no probe."),
    };

    private static string? TryPaging32()
    {
        // mov al, 0x42; out 0x10, al
        using TinyGuest guest = TinyGuest.PagedProtectedMode(0xB0, 0x42, 0xE6, 0x10);
        VirtualMachineExit exit = guest.Machine.Run();
        return exit == VirtualMachineExit.Out(0x10, 0x42, 1)
            ? null
            : $"probe Paging32: 32-bit code with paging ended as {exit.Kind}; ./build.sh test --lab runs it elsewhere";
    }

    private static string? TryInterruptReturn32()
    {
        // lgdt [gdtr]; pushfd; push 8; push target; iretd; target: mov al, 0x42; out 0x10, al; at 0x20 gdtr: 0, flat code
        using TinyGuest guest = TinyGuest.ProtectedMode(
            0x0F, 0x01, 0x15, 0x20, 0x10, 0, 0, 0x9C, 0x6A, 0x08, 0x68, 0x10, 0x10, 0, 0, 0xCF, 0xB0, 0x42, 0xE6, 0x10, 0, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0,
            15, 0, 0x28, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0x9B, 0xCF, 0);
        VirtualMachineExit exit = guest.Machine.Run();
        return exit == VirtualMachineExit.Out(0x10, 0x42, 1)
            ? null
            : $"probe InterruptReturn32: IRET in 32-bit protected mode ended as {exit.Kind}; ./build.sh test --lab runs it elsewhere";
    }
}
