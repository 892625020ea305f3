namespace Hyperlight.Memory.Windows;

/// <summary><c>SECURITY_ATTRIBUTES</c>: who may use a new object, and whether child processes inherit its handle.</summary>
internal unsafe struct SecurityAttributes
{
    public uint Size;
    public SecurityDescriptor* Descriptor;
    public int IsInherited;
}
