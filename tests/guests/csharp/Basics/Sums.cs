using System.Globalization;
using System.Runtime.CompilerServices;

namespace Basics;

/// <summary>Adds numbers step by step, for a debugger.</summary>
internal static class Sums
{
    public static string Total() => Add(20, 22.5, "of both").ToString(CultureInfo.InvariantCulture);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static double Add(int count, double weight, string name)
    {
        double sum = count + weight;
        sum += name.Length;
        return sum;
    }
}
