using System.Runtime.InteropServices;

namespace Hyperlight.Runtime.Tests.Walls.Samples;

internal class Sample
{
    public static int Value => 1;
}

internal interface ISample;

[AttributeUsage(AttributeTargets.Class)]
internal sealed class SampleAttribute : Attribute;

internal sealed class NamesInBase : Sample;

internal interface INamesInInterface : ISample;

internal sealed class NamesInConstraint<T>
    where T : Sample;

internal static class NamesInField
{
    private static List<Sample[]>? _samples;

    public static void Clear() => _samples = null;

    public static bool IsClear() => _samples is null;
}

internal static class NamesInSignature
{
    public static void Do(ref Func<Sample> sample) => _ = sample;
}

internal static class NamesInLocal
{
    public static int Do()
    {
        Sample? sample = null;
        return sample?.GetHashCode() ?? 0;
    }
}

internal static class NamesInCall
{
    public static int Do() => Sample.Value;
}

internal static class NamesInGenericCall
{
    public static int Do() => Array.Empty<Sample>().Length;
}

internal static class NamesInNestedType
{
    public static class Nested
    {
        public static Type Type => typeof(Sample);
    }
}

internal static class NamesBehindSwitch
{
    public static long Do(int value) => value switch
    {
        0 => 0x1234_5678_9ABC_DEF0,
        1 => (long)Math.Sqrt(2.5),
        2 => Sample.Value,
        3 => value + 1000,
        _ => -1,
    };
}

[Sample]
internal static class NamesInAttribute;

[AttributeUsage(AttributeTargets.All)]
internal sealed class ArgumentAttribute(Type type) : Attribute
{
    public Type Type => type;
}

[Argument(typeof(List<Sample>))]
internal static class NamesInArgument;

internal static class NamesInArgumentOfParameter
{
    public static void Do([Argument(typeof(Sample))] int value) => _ = value;
}

internal static class NamesInArgumentOfProperty
{
    [Argument(typeof(Sample))]
    public static int Value { get; set; }
}

internal static class NamesInCast
{
    public static bool Do(object value) => value is Sample;
}

internal static class NamesInLambda
{
    public static Func<int> Do(int value) => () => value + Sample.Value;
}

internal static class NamesInAsyncMethod
{
    public static async Task<int> Do()
    {
        await Task.Yield();
        return Sample.Value;
    }
}

internal static class NamesInExtension
{
    public static int Do(object value) => value.CountSamples();
}

internal static class SampleExtensions
{
    public static int CountSamples(this object value) => value.GetHashCode();
}

internal static class NamesInFilter
{
    public static int Do(Func<int> action)
    {
        try
        {
            return action();
        }
        catch (Exception failure) when (failure.Data["sample"] is Sample)
        {
            return 0;
        }
    }
}

internal static unsafe class NamesInFunctionPointer
{
    public static void Do(nint pointer) => ((delegate*<Sample, void>)pointer)(null!);
}

internal static class NamesNone
{
    public static void Do() => Console.WriteLine("Sample");
}

internal static partial class Imports
{
    [LibraryImport("a-library")]
    public static partial void Do();
}
