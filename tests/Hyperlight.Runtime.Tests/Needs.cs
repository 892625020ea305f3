namespace Hyperlight.Runtime.Tests;

/// <summary>
/// What a test needs of the machine's KVM. Some KVMs run guest code in software and lack parts of a processor (tests/kvm-lab/KVMS.md).
/// </summary>
public enum Needs
{
    /// <summary>A usable /dev/kvm.</summary>
    Kvm,

    /// <summary>32-bit protected mode with paging.</summary>
    Paging32,

    /// <summary>IRET in 32-bit protected mode.</summary>
    InterruptReturn32,
}
