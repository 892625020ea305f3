namespace Hyperlight;

/// <summary>
/// The guest did something that its virtual machine cannot go on from: it touched memory it does not have, wrote to read-only
/// memory, triple-faulted or ran an instruction the hypervisor cannot. The sandbox is poisoned.
/// </summary>
public sealed class GuestFaultException : HyperlightException
{
    internal GuestFaultException(string message)
        : base(message)
    {
    }

    internal GuestFaultException(string message, GuestPhysicalAddress address, MemoryAccessKind access, string? region)
        : base(message)
    {
        Address = address;
        Access = access;
        Region = region;
    }

    /// <summary>The physical address of a memory fault, null for other faults.</summary>
    public GuestPhysicalAddress? Address { get; }

    /// <summary>What the guest tried to do there, null for other faults.</summary>
    public MemoryAccessKind? Access { get; }

    /// <summary>The name of the region <see cref="Address"/> lies in, null when it lies in none.</summary>
    public string? Region { get; }
}
