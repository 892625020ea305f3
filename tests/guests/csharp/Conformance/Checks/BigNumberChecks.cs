using System.Globalization;
using System.Numerics;

namespace Hyperlight.Conformance.Checks;

internal static class BigNumberChecks
{
    public static Area Area => new("big numbers")
    {
        { "power", () => BigInteger.Pow(3, 200) },
        { "factorial", () => Enumerable.Range(1, 100).Aggregate(BigInteger.One, (product, i) => product * i) },
        { "parse", () => BigInteger.Parse("-123456789012345678901234567890", CultureInfo.InvariantCulture) + 1 },
        { "parse hexadecimal", () => BigInteger.Parse("0FFFFFFFFFFFFFFFFFFFFFFFF", NumberStyles.HexNumber, CultureInfo.InvariantCulture) },
        { "format hexadecimal", () => BigInteger.Pow(2, 130).ToString("X", CultureInfo.InvariantCulture) },
        {
            "divide and remainder", () =>
            {
                BigInteger q = BigInteger.DivRem(BigInteger.Pow(10, 60), BigInteger.Pow(7, 40), out BigInteger r);
                return $"{q} {r}";
            }
        },
        { "modular power", () => BigInteger.ModPow(12345, 67890, BigInteger.Pow(10, 30) + 57) },
        { "greatest common divisor", () => BigInteger.GreatestCommonDivisor(BigInteger.Pow(6, 50), BigInteger.Pow(10, 40)) },
        { "shift", () => (BigInteger.One << 257) >> 3 },
        { "negative shift", () => -(BigInteger.One << 100) >> 97 },
        { "bitwise", () => (BigInteger.Pow(5, 60) & BigInteger.Pow(7, 50)) ^ BigInteger.Pow(3, 70) },
        { "bytes", () => BigInteger.Pow(-3, 51).ToByteArray() },
        { "large product", () => (BigInteger.Pow(7, 2000) * BigInteger.Pow(11, 2000) % BigInteger.Pow(10, 40)) },
        { "logarithm", () => BigInteger.Log10(BigInteger.Pow(10, 300)) },
        { "to double", () => (double)BigInteger.Pow(3, 100) },
        { "decimal", () => 1.10m + 2.2m },
        { "decimal division", () => 1m / 3m },
        { "decimal scale", () => new decimal(123456, 0, 0, true, 3) },
        { "decimal rounding", () => string.Join(" ", new[] { 0.5m, 1.5m, 2.5m, -0.5m }.Select(d => decimal.Round(d))) },
        { "decimal overflow", () => decimal.MaxValue + Zero() + 1 },
        { "decimal parse", () => decimal.Parse("79228162514264337593543950335", CultureInfo.InvariantCulture) },
        { "decimal bits", () => decimal.GetBits(-1234.5678m) },
        { "decimal from double", () => (decimal)0.1 + (decimal)1e15 },
        { "128-bit product", () => (Int128)long.MaxValue * long.MinValue },
        { "128-bit division", () => UInt128.MaxValue / 1_000_000_007 },
        { "128-bit parse", () => Int128.Parse("-170141183460469231731687303715884105728", CultureInfo.InvariantCulture) },
        { "complex", () => new Complex(1, 2) * new Complex(3, -1) },
        {
            "complex power", () =>
            {
                Complex c = Complex.Pow(new(0, 1), 2);
                return $"{Math.Round(c.Real, 9)} {Math.Abs(Math.Round(c.Imaginary, 9))}";
            }
        },
    };

    private static decimal Zero() => Environment.TickCount64 < 0 ? 1 : 0;
}
