namespace Hyperlight.Runtime.Tests;

/// <summary>
/// The needs of tests: features of the hypervisor of this process (<see cref="Hypervisor.Chosen"/>), and of its system. Some KVMs run guest
/// code in software and lack some of the features (tests/kvm-lab/KVMS.md).
/// </summary>
[Flags]
public enum Needs
{
    /// <summary>A hypervisor that this process can use.</summary>
    Hypervisor = 0,

    /// <summary>32-bit protected mode with paging.</summary>
    Paging32 = 1,

    /// <summary>IRET in 32-bit protected mode.</summary>
    InterruptReturn32 = 2,

    /// <summary>Interrupt controllers.</summary>
    Interrupts = 4,

    /// <summary>KVM, because the test is about something that only KVM has.</summary>
    Kvm = 8,

    /// <summary>Linux, because the test looks at files of its kernel.</summary>
    Linux = 16,

    /// <summary>SSE in the kernel of a guest, which compiled .NET code uses.</summary>
    Sse = 32,
}
