using System.Collections;
using System.Numerics;

namespace Hyperlight.Conformance.Checks;

internal static class HashChecks
{
    public static Area Area => new("hashing")
    {
        {
            "equal texts have one hash",
            () => "some text".GetHashCode(StringComparison.Ordinal) == string.Concat("some ", "text").GetHashCode(StringComparison.Ordinal)
        },
        {
            "ignoring case",
            () => StringComparer.OrdinalIgnoreCase.GetHashCode("Text") == StringComparer.OrdinalIgnoreCase.GetHashCode("tEXT")
        },
        { "numbers", () => $"{5.GetHashCode()} {(1L << 40).GetHashCode()} {true.GetHashCode()} {'a'.GetHashCode()} {1.5.GetHashCode()}" },
        { "hash code of parts", () => HashCode.Combine(1, 2, 3) == HashCode.Combine(1, 2, 3) },
        {
            "hash code of bytes", () =>
            {
                HashCode a = new(), b = new();
                a.AddBytes([1, 2, 3]);
                b.AddBytes([1, 2, 3]);
                return a.ToHashCode() == b.ToHashCode();
            }
        },
        { "record", () => new Pair(1, "a").GetHashCode() == new Pair(1, "a").GetHashCode() },
        { "structure", () => ((IStructuralEquatable)(1, "a")).Equals((1, "a"), EqualityComparer<object>.Default) },
        { "reference", () => { object a = new(); return a.GetHashCode() == a.GetHashCode(); } },
        { "double and its zeros", () => 0.0.GetHashCode() == (-0.0).GetHashCode() },
        { "Guid", () => new Guid("01234567-89ab-cdef-0123-456789abcdef").GetHashCode() },
        { "CRC step", () => BitOperations.Crc32C(0xFFFFFFFF, 0x12345678u) },
    };

    private sealed record Pair(int Number, string Text);
}
