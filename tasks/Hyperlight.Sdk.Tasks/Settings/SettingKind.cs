namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>Reads a value that a project file gives as text.</summary>
/// <param name="text">The text, without spaces around it and not empty.</param>
/// <param name="value">The value.</param>
/// <returns>Whether the text is a value.</returns>
internal delegate bool SettingParser<T>(string text, out T value);

/// <summary>
/// A kind of values that settings have. The kind says how values are written and read, and what an error says about a text that is not a
/// value.
/// </summary>
/// <param name="SchemaType">The name of the kind in the schema.</param>
/// <param name="Rule">The rule that a text breaks if it is not a value of the kind.</param>
/// <param name="Complaint">What the error says about the text, for example <c>is not a size</c>.</param>
/// <param name="TryParse">Reads a value.</param>
/// <param name="ToText">Writes a value, as <paramref name="TryParse"/> reads it.</param>
internal sealed record SettingKind<T>(
    string SchemaType, DiagnosticRule Rule, string Complaint, SettingParser<T> TryParse, Func<T, string> ToText)
{
    /// <summary>Gets all values; empty if there are too many to list.</summary>
    public IReadOnlyList<T> Values { get; private init; } = [];

    /// <summary>Creates a kind that has few values.</summary>
    /// <param name="schemaType">The name of the kind in the schema.</param>
    /// <param name="rule">The rule that a text breaks if it is not one of the values.</param>
    /// <param name="complaint">What the error says about the text.</param>
    /// <param name="values">The values.</param>
    /// <param name="toText">Writes a value. When a text is read, upper and lower case are equal.</param>
    public static SettingKind<T> OneOf(
        string schemaType, DiagnosticRule rule, string complaint, IReadOnlyList<T> values, Func<T, string> toText)
    {
        return new(schemaType, rule, complaint, TryParse, toText) { Values = values };

        bool TryParse(string text, out T value)
        {
            foreach (T candidate in values)
            {
                if (toText(candidate).Equals(text, StringComparison.OrdinalIgnoreCase))
                {
                    value = candidate;
                    return true;
                }
            }

            value = default!;
            return false;
        }
    }
}
