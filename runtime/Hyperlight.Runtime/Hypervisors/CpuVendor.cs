using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Hyperlight.Hypervisors;

/// <summary>The maker of a processor.</summary>
/// <param name="Name">The 12 characters of CPUID leaf 0.</param>
internal readonly record struct CpuVendor(string Name)
{
    /// <summary>AMD.</summary>
    public static CpuVendor Amd { get; } = new("AuthenticAMD");

    /// <summary>Hygon, whose processors are built like AMD's.</summary>
    public static CpuVendor Hygon { get; } = new("HygonGenuine");

    /// <summary>Reads the maker of the processor that this code runs on: EBX, EDX and ECX of leaf 0, in this order.</summary>
    public static CpuVendor Read()
    {
        (int _, int ebx, int ecx, int edx) = X86Base.CpuId(0, 0);
        return new(Encoding.ASCII.GetString(MemoryMarshal.AsBytes<int>([ebx, edx, ecx])));
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
