using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Whp.Surrogates;

/// <summary><c>JOBOBJECT_EXTENDED_LIMIT_INFORMATION</c>: the limits of a job. Nothing but the flags is set.</summary>
[StructLayout(LayoutKind.Explicit, Size = 144)]
internal struct JobLimits
{
    [FieldOffset(16)]
    public uint Flags;
}
