using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Whp.Surrogates;

/// <summary><c>STARTUPINFOEXW</c>: how a program starts. Nothing but the size and the attributes is set.</summary>
[StructLayout(LayoutKind.Explicit, Size = 112)]
internal unsafe struct StartupInformation
{
    [FieldOffset(0)]
    public uint Size;

    [FieldOffset(104)]
    public void* Attributes;
}
