using System.Text.RegularExpressions;

namespace Hyperlight.Compiling;

/// <summary>Reads why cargo failed from the text that cargo and its command <c>hyperlight</c> write.</summary>
internal static partial class CargoErrors
{
    // The lines that a message about a failure quotes, and their characters.
    private const int MaxLines = 20;
    private const int MaxText = 2000;

    // The command's own words about a failure of cargo come behind those of cargo, and a backtrace behind both.
    private const string FailedCommand = "Failed to execute cargo";
    private const string Backtrace = "Stack backtrace:";

    /// <summary>
    /// Leaves out the lines with command lines, which have the environment of this process. Its values belong into no log.
    /// </summary>
    public static string WithoutCommandLines(string text) =>
        string.Join('\n', text.Split('\n').Where(line => !CommandLine().IsMatch(line)));

    /// <summary>Gets the words of cargo, or those of its command. Lines before the error say what cargo was doing.</summary>
    /// <param name="text">All that was written.</param>
    /// <returns>The words; empty if there are none.</returns>
    public static string ReasonIn(string text)
    {
        string[] lines =
        [
            .. WithoutOutput(WithoutCommandLines(text).Split('\n').Select(line => line.TrimEnd()).TakeWhile(line => line != Backtrace))
                .Where(line => line.Length > 0),
        ];
        int start = Array.FindIndex(lines, line => line.StartsWith("error", StringComparison.Ordinal));
        IEnumerable<string> reason = start >= 0
            ? lines[start..].TakeWhile(line => line != FailedCommand)
            : lines.SkipWhile(line => line[0] == ' ' || line.StartsWith("warning", StringComparison.Ordinal));
        string words = string.Join(' ', reason.Take(MaxLines).Select(line => line.Trim()));
        return words.Length > MaxText ? words[..MaxText] : words;
    }

    // A build script that failed wrote its errors below its output.
    private static IEnumerable<string> WithoutOutput(IEnumerable<string> lines)
    {
        bool isOutput = false;
        foreach (string line in lines)
        {
            isOutput = line.EndsWith("--- stdout", StringComparison.Ordinal)
                || (isOutput && !line.EndsWith("--- stderr", StringComparison.Ordinal));
            if (!isOutput)
            {
                yield return line;
            }
        }
    }

    // A command line as Rust writes it: cd "folder" && env -i NAME="value" "program" "argument".
    [GeneratedRegex(@"^\s*(cd ""|env -|""|[\w.-]+="")", RegexOptions.CultureInvariant)]
    private static partial Regex CommandLine();
}
