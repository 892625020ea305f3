using System.Collections;
using System.Globalization;

namespace Hyperlight.Conformance;

/// <summary>One behaviour of .NET, with a result that is the same text in every process.</summary>
public sealed record Check(string Name, Func<object?> Body)
{
    /// <summary>Runs the check.</summary>
    /// <returns>The result as text; of an exception the name of its type.</returns>
    public string Run()
    {
        try
        {
            return Text(Body());
        }
        catch (Exception exception)
        {
            return $"throws {exception.GetType().FullName}";
        }
    }

    private static string Text(object? value) => value switch
    {
        null => "null",
        string text => text,
        byte[] bytes => Convert.ToHexString(bytes),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable items => string.Join(",", items.Cast<object?>().Select(Text)),
        _ => value.ToString() ?? "null",
    };
}
