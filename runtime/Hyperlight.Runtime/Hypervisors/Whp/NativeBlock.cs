using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Whp;

/// <summary>
/// Memory outside the managed heap that functions of the platform read and write. The memory is zero at first. Its address is a multiple of
/// <see cref="Alignment"/>, which is enough for register values and for XSAVE.
/// </summary>
internal sealed unsafe class NativeBlock : SafeHandle
{
    private const nuint Alignment = 64;

    /// <summary>Allocates memory.</summary>
    /// <param name="size">The size in bytes.</param>
    public NativeBlock(uint size)
        : base(0, ownsHandle: true)
    {
        Size = size;
        void* start = NativeMemory.AlignedAlloc(size, Alignment);
        NativeMemory.Clear(start, size);
        SetHandle((nint)start);
    }

    /// <summary>Gets the size in bytes.</summary>
    public uint Size { get; }

    /// <summary>Gets the address of the first byte.</summary>
    public void* Start => (void*)handle;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree(Start);
        return true;
    }
}
