namespace Hyperlight.Elf;

/// <summary>Cuts ranges that a file claims out of what it has.</summary>
internal static class ElfRange
{
    /// <summary>The bytes from <paramref name="offset"/> on, <paramref name="size"/> of them, if all of them are there.</summary>
    public static bool TrySlice(ReadOnlySpan<byte> bytes, ulong offset, ulong size, out ReadOnlySpan<byte> slice)
    {
        ulong length = (ulong)bytes.Length;
        bool inside = offset <= length && size <= length - offset;
        slice = inside ? bytes.Slice((int)offset, (int)size) : default;
        return inside;
    }
}
