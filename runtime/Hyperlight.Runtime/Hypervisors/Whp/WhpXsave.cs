using System.Buffers.Binary;
using System.Runtime.Intrinsics.X86;

namespace Hyperlight.Hypervisors.Whp;

/// <summary>
/// The area in which XSAVE stores registers (Intel SDM volume 1, section 13.4). The platform uses the compacted format: the components that
/// the area has lie one behind the other. In the standard format each component has a place that does not depend on the others.
/// </summary>
internal static class WhpXsave
{
    /// <summary>The size in bytes of the parts that each area has: the x87 and SSE registers, and the header.</summary>
    public const int MinSize = 576;

    // The size that a standard area has at least, as on other hypervisors: room for every component up to PKRU.
    private const int StandardSize = 4096;

    private const int ControlWord = 0;
    private const int Mxcsr = 24;
    private const int Present = 512;
    private const int Components = 520;
    private const int FirstExtended = 2;
    private const int ComponentCount = 63;
    private const ulong IsCompacted = 1UL << 63;

    // CPUID leaf 0xD: the size of a component in EAX, its place in the standard format in EBX, flags in ECX.
    private const int ExtendedStateLeaf = 0xD;
    private const int IsAligned = 1 << 1;
    private const int ComponentAlignment = 64;

    /// <summary>Changes an area to the values after a reset. The area keeps its size and its components.</summary>
    /// <param name="area">An area that the platform has written.</param>
    public static void Reset(Span<byte> area)
    {
        ulong components = BinaryPrimitives.ReadUInt64LittleEndian(area[Components..]);
        area.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(area[Components..], components);
        BinaryPrimitives.WriteUInt16LittleEndian(area[ControlWord..], ResetValues.FloatingPointControl);
        BinaryPrimitives.WriteUInt32LittleEndian(area[Mxcsr..], ResetValues.Mxcsr);
        BinaryPrimitives.WriteUInt64LittleEndian(area[Present..], ControlBits.Xcr0X87 | ControlBits.Xcr0Sse);
    }

    /// <summary>Translates an area into the standard format.</summary>
    /// <param name="area">An area that the platform has written, of at least <see cref="MinSize"/> bytes.</param>
    /// <param name="componentOf">Gets size, standard place and alignment of a component.</param>
    /// <returns>An area of at least 4096 bytes. Components that the processor has not used since its reset are zero.</returns>
    public static byte[] ToStandard(ReadOnlySpan<byte> area, Func<int, XsaveComponent> componentOf)
    {
        ulong present = BinaryPrimitives.ReadUInt64LittleEndian(area[Present..]);
        ulong components = BinaryPrimitives.ReadUInt64LittleEndian(area[Components..]);
        if ((components & IsCompacted) == 0)
        {
            byte[] copy = new byte[Math.Max(area.Length, StandardSize)];
            area.CopyTo(copy);
            return copy;
        }

        byte[] standard = new byte[StandardSize];
        area[..MinSize].CopyTo(standard);
        BinaryPrimitives.WriteUInt64LittleEndian(standard.AsSpan(Components), 0);
        int place = MinSize;
        for (int i = FirstExtended; i < ComponentCount; i++)
        {
            if ((components >> i & 1) == 0)
            {
                continue;
            }

            XsaveComponent component = componentOf(i);
            place = component.IsAligned ? RoundUp(place) : place;
            if ((present >> i & 1) != 0 && component.StandardPlace != 0)
            {
                Array.Resize(ref standard, Math.Max(standard.Length, component.StandardPlace + component.Size));
                area.Slice(place, component.Size).CopyTo(standard.AsSpan(component.StandardPlace));
            }

            place += component.Size;
        }

        return standard;
    }

    /// <summary>Asks this processor where XSAVE stores a component.</summary>
    /// <param name="number">The number of the component, which is its bit in XCR0 or IA32_XSS.</param>
    public static XsaveComponent ComponentOf(int number)
    {
        (int size, int place, int flags, int _) = X86Base.CpuId(ExtendedStateLeaf, number);
        return new(size, place, (flags & IsAligned) != 0);
    }

    private static int RoundUp(int place) => (place + ComponentAlignment - 1) & -ComponentAlignment;
}
