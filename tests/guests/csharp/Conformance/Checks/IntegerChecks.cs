using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Hyperlight.Conformance.Checks;

internal static class IntegerChecks
{
    public static Area Area => new("integers")
    {
        { "extremes", () => $"{int.MinValue} {int.MaxValue} {long.MinValue} {ulong.MaxValue} {sbyte.MinValue}" },
        { "hexadecimal", () => $"{255:X4} {-1:x} {ulong.MaxValue:X}" },
        { "binary", () => $"{10:B8} {Convert.ToString(-3, 2)}" },
        { "grouped", () => 1234567.ToString("N0", CultureInfo.InvariantCulture) },
        { "padded", () => $"{7,5}|{7,-5}|{7:D3}" },
        { "parse", () => int.Parse(" -42 ", CultureInfo.InvariantCulture) },
        { "parse hexadecimal", () => int.Parse("FFfe", NumberStyles.HexNumber, CultureInfo.InvariantCulture) },
        { "parse with separators", () => int.Parse("1,234", NumberStyles.AllowThousands, CultureInfo.InvariantCulture) },
        { "overflow of parse", () => int.Parse("2147483648", CultureInfo.InvariantCulture) },
        { "wrong text", () => int.Parse("12a", CultureInfo.InvariantCulture) },
        { "wraps", () => unchecked(int.MaxValue + (int)Environment.TickCount64 * 0 + 1) },
        { "division", () => $"{-7 / 2} {-7 % 2} {Math.DivRem(-7, 2)}" },
        { "shifts", () => $"{-8 >> 1} {-8 >>> 28} {1 << 33} {1L << 33}" },
        { "rotate", () => BitOperations.RotateLeft(0x80000001u, 4) },
        {
            "count of bits",
            () => (int[])
            [
                BitOperations.PopCount(0xF0F0ul), BitOperations.LeadingZeroCount(1u), BitOperations.TrailingZeroCount(8),
                BitOperations.Log2(1000),
            ]
        },
        { "power of two", () => $"{BitOperations.RoundUpToPowerOf2(1000u)} {BitOperations.IsPow2(64)}" },
        { "high product", () => $"{Math.BigMul(ulong.MaxValue, 3, out ulong low)} {low}" },
        { "absolute of minimum", () => Math.Abs(int.MinValue) },
        {
            "byte order", () =>
            {
                Span<byte> b = stackalloc byte[8];
                BinaryPrimitives.WriteInt64BigEndian(b, 0x0102030405060708);
                return BinaryPrimitives.ReadInt32LittleEndian(b);
            }
        },
        { "reversed bytes", () => BinaryPrimitives.ReverseEndianness(0x01020304) },
        { "conversion", () => $"{unchecked((byte)300)} {unchecked((sbyte)200)} {unchecked((ushort)-1)} {unchecked((uint)-1)}" },
        { "saturating conversion", () => $"{byte.CreateSaturating(300)} {sbyte.CreateSaturating(-300)} {byte.CreateTruncating(300)}" },
        {
            "characters",
            () => $"{(int)'A'} {(char)('a' + 3)} {char.IsLetter('é')} {char.GetNumericValue('½')} {char.IsWhiteSpace('\u3000')}"
        },
        {
            "character categories",
            () => ((char[])['a', 'A', '1', ' ', '_', '\u20AC', '\u4E2D']).Select(char.GetUnicodeCategory).Select(c => c.ToString())
        },
        { "native integers", () => $"{nint.Size} {nint.MaxValue}" },
        { "primes", () => Enumerable.Range(2, 100).Where(n => Enumerable.Range(2, n - 2).All(d => n % d != 0)) },
        { "Guid", () => new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) },
        { "Guid parse and format", () => Guid.Parse("{01234567-89AB-CDEF-0123-456789ABCDEF}").ToString("N") },
        { "Guid order", () => new Guid("00000001-0000-0000-0000-000000000000").CompareTo(Guid.Empty) },
        { "new Guid", () => $"{Guid.NewGuid() == Guid.NewGuid()} {Guid.NewGuid().Version} {Guid.CreateVersion7().Version}" },
        { "Guid bytes", () => new Guid("01234567-89ab-cdef-0123-456789abcdef").ToByteArray() },
    };
}
