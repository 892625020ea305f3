namespace Hyperlight;

/// <summary>
/// The guest crashed: it used memory that it does not have, wrote to read-only memory, caused a triple fault, or ran an instruction that
/// the hypervisor cannot run (HL5008 if the hypervisor of this machine interprets guest code and lacks SSE). The sandbox is poisoned.
/// </summary>
public sealed class GuestFaultException : GuestFailedException
{
    internal GuestFaultException(string message, GuestLocation? location)
        : base(message, location)
    {
    }

    internal GuestFaultException(Finding finding, GuestLocation? location)
        : base(finding, location)
    {
    }

    internal GuestFaultException(
        string message, GuestLocation? location, GuestPhysicalAddress address, MemoryAccessKind access, string? region)
        : base(message, location)
    {
        Address = address;
        Access = access;
        Region = region;
    }

    /// <summary>Gets the guest-physical address of a memory fault, or <c>null</c> for other faults.</summary>
    public GuestPhysicalAddress? Address { get; }

    /// <summary>Gets the access that caused a memory fault, or <c>null</c> for other faults.</summary>
    public MemoryAccessKind? Access { get; }

    /// <summary>
    /// Gets the name of the memory region that <see cref="Address"/> lies in, or <c>null</c> if the address lies in no region or the fault
    /// is not a memory fault.
    /// </summary>
    public string? Region { get; }
}
