using System.Reflection;

namespace Hyperlight.Sdk.Tasks;

/// <summary>Reads findings that the process that takes snapshots, or an earlier build, has written as text.</summary>
internal static class FindingText
{
    private static readonly DiagnosticRule[] Known =
    [
        .. typeof(Rules).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => field.GetValue(null))
            .OfType<DiagnosticRule>(),
    ];

    /// <summary>Reads a finding that was written as <c>HL1234: text</c>. The result is <c>null</c> for any other line.</summary>
    public static Finding? Parse(string line) =>
        line.Split(": ", 2) is [var code, var message] && Array.Find(Known, rule => rule.Code == code) is { } rule
            ? rule.FoundText(message)
            : null;
}
