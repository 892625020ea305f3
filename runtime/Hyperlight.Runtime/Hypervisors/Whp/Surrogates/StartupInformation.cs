using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Whp.Surrogates;

/// <summary><c>STARTUPINFOW</c>: how a program starts. Nothing but the size is set.</summary>
[StructLayout(LayoutKind.Explicit, Size = 104)]
internal struct StartupInformation
{
    [FieldOffset(0)]
    public uint Size;
}
