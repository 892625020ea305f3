using System.Runtime.CompilerServices;

namespace Basics;

/// <summary>Throws and catches. Some of the exceptions begin as faults of the processor.</summary>
internal static class Faults
{
    public static string Null() => Caught(() => $"{Length(null!)}");

    public static string Divide() => Caught(() => $"{1 / Zero()}");

    public static string Array() => Caught(() => $"{Empty()[1]}");

    public static string Cast() => Caught(() => (string)Boxed());

    public static string Finally()
    {
        List<string> seen = [];
        try
        {
            try
            {
                Length(null!);
            }
            finally
            {
                seen.Add("inner");
            }
        }
        catch (NullReferenceException)
        {
            seen.Add("caught");
        }

        return string.Join(' ', seen);
    }

    public static string Filter()
    {
        int asked = 0;
        try
        {
            throw new ArgumentException("of the filter");
        }
        catch (ArgumentException) when (asked++ > 0)
        {
            return "wrong filter";
        }
        catch (ArgumentException exception) when (exception.Message.StartsWith("of", StringComparison.Ordinal))
        {
            return $"filtered {asked}";
        }
    }

    public static string InTask() => Caught(() => $"{Task.Run(() => Length(null!)).GetAwaiter().GetResult()}");

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static string Length(string text) => $"{text.Length}";

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Zero() => 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int[] Empty() => [];

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static object Boxed() => 1;

    private static string Caught(Func<string> act)
    {
        try
        {
            return act();
        }
        catch (Exception exception)
        {
            return exception.GetType().Name;
        }
    }
}
