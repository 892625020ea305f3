namespace Hyperlight.Runtime.Tests;

/// <summary>
/// The parts of KVM that tests need. Some KVMs run guest code in software and lack some of them (tests/kvm-lab/KVMS.md).
/// </summary>
public enum Needs
{
    /// <summary>An accessible /dev/kvm.</summary>
    Kvm,

    /// <summary>32-bit protected mode with paging.</summary>
    Paging32,

    /// <summary>IRET in 32-bit protected mode.</summary>
    InterruptReturn32,
}
