namespace Hyperlight.Memory.Windows;

/// <summary><c>SECURITY_DESCRIPTOR</c>: an owner, a group and two lists of access rights, of which a descriptor may lack each.</summary>
internal unsafe struct SecurityDescriptor
{
    // SECURITY_DESCRIPTOR_REVISION and SE_DACL_PRESENT of winnt.h. A list that is present and null allows everything.
    private const byte CurrentRevision = 1;
    private const ushort ListIsPresent = 4;

    public byte Revision;
    public byte Reserved;
    public ushort Control;
    public void* Owner;
    public void* Group;
    public void* AuditList;
    public void* AccessList;

    /// <summary>Gets a descriptor that allows everything to everybody.</summary>
    public static SecurityDescriptor AllowAll => new() { Revision = CurrentRevision, Control = ListIsPresent };
}
