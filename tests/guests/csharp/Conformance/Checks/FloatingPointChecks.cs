using System.Globalization;

namespace Hyperlight.Conformance.Checks;

internal static class FloatingPointChecks
{
    private static readonly double[] Values =
    [
        0, -0.0, 1, -1, 0.1, 1 / 3.0, 2 / 3.0, 1e21, 1e-7, 123456789012345680, 5e-324, 2.2250738585072014E-308, double.MaxValue,
        double.NaN, double.PositiveInfinity, double.NegativeInfinity, Math.PI, Math.E, 4.35, 0.3 - 0.2, 9007199254740993, 1e15, 1e16,
    ];

    public static Area Area => new("floating point")
    {
        { "shortest text", () => Values },
        { "17 digits", () => Values.Select(d => d.ToString("G17", CultureInfo.InvariantCulture)) },
        { "fixed", () => Values.Select(d => d.ToString("F3", CultureInfo.InvariantCulture)) },
        { "exponential", () => Values.Select(d => d.ToString("E5", CultureInfo.InvariantCulture)) },
        { "with separators", () => Values.Select(d => d.ToString("N2", CultureInfo.InvariantCulture)) },
        { "percent", () => (0.1234).ToString("P1", CultureInfo.InvariantCulture) },
        { "custom format", () => (1234.5678).ToString("#,##0.00;(#)", CultureInfo.InvariantCulture) },
        {
            "round trip",
            () => Values.All(d => double.Parse(d.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).Equals(d))
        },
        {
            "parse",
            () => ((string[])["1.5", "-2e10", ".5", "1e400", "-1e-400", "0x1p3", "Infinity", "NaN"])
                .Select(t => double.TryParse(t, NumberStyles.Float, CultureInfo.InvariantCulture, out double d)
                    ? d.ToString("R", CultureInfo.InvariantCulture)
                    : "no")
        },
        {
            "parse many digits",
            () => double.Parse("2.22507385850720113605740979670913197593481954635164564e-308", CultureInfo.InvariantCulture)
        },
        { "parse half way", () => double.Parse("9007199254740993.00000000000000000000000000001", CultureInfo.InvariantCulture) },
        { "wrong text", () => double.Parse("1.2.3", CultureInfo.InvariantCulture) },
        {
            "single",
            () => ((float[])[0.1f, 1 / 3f, float.MaxValue, float.Epsilon, 16777217f])
                .Select(f => f.ToString("R", CultureInfo.InvariantCulture))
        },
        { "half", () => ((Half)0.1).ToString(CultureInfo.InvariantCulture) },
        { "bits", () => Values.Select(d => BitConverter.DoubleToUInt64Bits(d).ToString("X16", CultureInfo.InvariantCulture)) },
        { "sum of tenths", () => Enumerable.Repeat(0.1, 1000).Sum() },
        { "square roots", () => Enumerable.Range(1, 10).Select(i => Math.Sqrt(i)) },
        { "sine", () => Enumerable.Range(0, 10).Select(i => Rounded(Math.Sin(i))) },
        { "cosine and tangent", () => Enumerable.Range(0, 10).Select(i => Rounded(Math.Cos(i)) + " " + Rounded(Math.Tan(i))) },
        { "powers", () => Enumerable.Range(0, 10).Select(i => Rounded(Math.Pow(1.7, i - 5))) },
        {
            "exponentials and logarithms",
            () => Enumerable.Range(1, 10).Select(i => Rounded(Math.Exp(i / 3.0)) + " " + Rounded(Math.Log(i)))
        },
        {
            "inverse functions",
            () => $"{Rounded(Math.Asin(0.3))} {Rounded(Math.Acos(0.3))} {Rounded(Math.Atan2(1, -2))} {Rounded(Math.Cbrt(10))}"
        },
        { "hyperbolic functions", () => $"{Rounded(Math.Sinh(1))} {Rounded(Math.Cosh(1))} {Rounded(Math.Tanh(0.5))}" },
        {
            "rounding",
            () => ((double[])[0.5, 1.5, 2.5, -0.5, -1.5])
                .SelectMany(d => (double[])
                    [Math.Round(d), Math.Round(d, MidpointRounding.AwayFromZero), Math.Floor(d), Math.Ceiling(d), Math.Truncate(d)])
        },
        { "remainders", () => $"{5.5 % 2} {-5.5 % 2} {Math.IEEERemainder(5.5, 2)}" },
        { "fused", () => Math.FusedMultiplyAdd(0.1, 10, -1) },
        { "scale", () => $"{Math.ScaleB(1.5, 10)} {Math.ILogB(1000)} {Math.BitIncrement(1)}" },
        { "not a number", () => $"{0 / Zero() == 0 / Zero()} {double.NaN.Equals(double.NaN)} {double.IsNaN(0 / Zero())}" },
        { "negative zero", () => 1 / -Zero() },
        { "conversion to integer", () => $"{(int)-1.9} {(long)1e10} {(byte)200.7} {(uint)3.999999}" },
        { "conversion out of range", () => $"{(int)(1e20 + Zero())} {(int)(double.NaN + Zero())} {(ulong)(-1.0 + Zero())}" },
        { "minimum and maximum", () => $"{Math.Min(-0.0, 0.0)} {Math.Max(double.NaN, 1)} {Math.Clamp(5.5, 1, 3)}" },
    };

    // Mathematical functions may differ in the last digit from one C library to the next.
    private static string Rounded(double value) => value.ToString("E13", CultureInfo.InvariantCulture);

    private static double Zero() => Environment.TickCount64 < 0 ? 1 : 0;
}
