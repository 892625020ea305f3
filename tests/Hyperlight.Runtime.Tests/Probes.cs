using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Runtime.Tests.Hypervisors;

namespace Hyperlight.Runtime.Tests;

/// <summary>Finds out what the hypervisor of this process can do, once for each test run, with guests of a few bytes.</summary>
internal static class Probes
{
    // The needs that only some KVMs meet. The lab runs the tests that have one.
    private const Needs OfTheLab = Needs.Paging32 | Needs.InterruptReturn32 | Needs.Sse;

    private static readonly Lazy<string?> Usable = new(() => Hypervisor.Check() is { } finding ? $"probe Kvm: {finding}" : null);

    private static readonly (Needs Need, Lazy<string?> Missing)[] All =
    [
        (Needs.Kvm, new(TryKvm)),
        (Needs.Linux, new(TryLinux)),
        (Needs.Interrupts, new(TryInterrupts)),
        (Needs.Paging32, new(TryPaging32)),
        (Needs.InterruptReturn32, new(TryInterruptReturn32)),
        (Needs.Sse, new(TrySse)),
    ];

    /// <summary>Gets the reason why tests with these needs cannot run here; <c>null</c> if they can.</summary>
    public static string? Missing(Needs needs) =>
        Usable.Value
        ?? All.Where(probe => needs.HasFlag(probe.Need)).Select(probe => probe.Missing.Value).FirstOrDefault(reason => reason is not null);

    /// <summary>Skips the running test unless it can run here with these needs.</summary>
    public static void Require(Needs needs) => SkipIf(Missing(needs));

    /// <summary>Skips the running test if there is a reason.</summary>
    public static void SkipIf(string? reason) => Assert.SkipWhen(reason is not null, reason ?? "");

    /// <summary>Gets the trait by which the lab selects its tests (eng/Build.cs).</summary>
    public static IReadOnlyCollection<KeyValuePair<string, string>> TraitsOf(Needs needs) =>
        (needs & OfTheLab) == 0 ? [] : [new("Needs", (needs & OfTheLab).ToString())];

    private static string? TryKvm() => Hypervisor.Chosen is KvmHypervisor
        ? null
        : $"need Kvm: the test is about KVM, and the tests of this process run on {Hypervisor.Chosen.Name}";

    private static string? TryLinux() => OperatingSystem.IsLinux() ? null : "need Linux: the test looks at files of the kernel of Linux";

    private static string? TryInterrupts() => Hypervisor.Chosen is KvmHypervisor
        ? null
        : $"need Interrupts: {Hypervisor.Chosen.Name} has no interrupt controllers";

    private static string? TryPaging32()
    {
        // mov al, 0x42; out 0x10, al
        using TinyGuest guest = TinyGuest.PagedProtectedMode(Hypervisor.Chosen, 0xB0, 0x42, 0xE6, 0x10);
        VirtualMachineExit exit = guest.Machine.Run();
        return exit == VirtualMachineExit.Out(0x10, 0x42, 1)
            ? null
            : $"probe Paging32: 32-bit code with paging ended as {exit.Kind}; ./build.sh test --lab runs it elsewhere";
    }

    private static string? TryInterruptReturn32()
    {
        // lgdt [gdtr]; pushfd; push 8; push target; iretd; target: mov al, 0x42; out 0x10, al; at 0x20 gdtr: 0, flat code
        using TinyGuest guest = TinyGuest.ProtectedMode(
            Hypervisor.Chosen,
            0x0F, 0x01, 0x15, 0x20, 0x10, 0, 0, 0x9C, 0x6A, 0x08, 0x68, 0x10, 0x10, 0, 0, 0xCF, 0xB0, 0x42, 0xE6, 0x10, 0, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0,
            15, 0, 0x28, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0x9B, 0xCF, 0);
        VirtualMachineExit exit = guest.Machine.Run();
        return exit == VirtualMachineExit.Out(0x10, 0x42, 1)
            ? null
            : $"probe InterruptReturn32: IRET in 32-bit protected mode ended as {exit.Kind}; ./build.sh test --lab runs it elsewhere";
    }

    private static string? TrySse()
    {
        // pxor xmm0, xmm0; mov al, 0x42; out 0x10, al
        using TinyGuest guest = TinyGuest.LongMode(Hypervisor.Chosen, 0x66, 0x0F, 0xEF, 0xC0, 0xB0, 0x42, 0xE6, 0x10);
        VirtualMachineExit exit = guest.Machine.Run();
        return exit == VirtualMachineExit.Out(0x10, 0x42, 1)
            ? null
            : $"probe Sse: SSE in the kernel of a guest ended as {exit.Kind}; ./build.sh test --lab runs it elsewhere";
    }
}
