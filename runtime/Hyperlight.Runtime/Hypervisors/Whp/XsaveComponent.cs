namespace Hyperlight.Hypervisors.Whp;

/// <summary>The registers that XSAVE stores together, such as the upper halves of the AVX registers.</summary>
/// <param name="Size">The size in bytes.</param>
/// <param name="StandardPlace">The offset in the standard format; 0 for a component that only the compacted format has.</param>
/// <param name="IsAligned">Whether the component begins at a multiple of 64 in the compacted format.</param>
internal readonly record struct XsaveComponent(int Size, int StandardPlace, bool IsAligned);
