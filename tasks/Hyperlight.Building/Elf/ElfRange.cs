namespace Hyperlight.Elf;

/// <summary>Gets ranges of bytes that a file claims to have.</summary>
internal static class ElfRange
{
    /// <summary>Gets <paramref name="size"/> bytes from <paramref name="offset"/> on, if the file has all of them.</summary>
    public static bool TrySlice(ReadOnlySpan<byte> bytes, ulong offset, ulong size, out ReadOnlySpan<byte> slice)
    {
        ulong length = (ulong)bytes.Length;
        bool inside = offset <= length && size <= length - offset;
        slice = inside ? bytes.Slice((int)offset, (int)size) : default;
        return inside;
    }
}
