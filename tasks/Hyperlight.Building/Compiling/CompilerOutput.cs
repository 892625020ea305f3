using System.Globalization;
using System.Text.RegularExpressions;

namespace Hyperlight.Compiling;

/// <summary>Reads the messages of GCC, Clang and Zig, of GNU as, and of the linkers GNU ld, LLD and mold.</summary>
internal static partial class CompilerOutput
{
    // The greatest number of messages of one command.
    private const int MaxMessages = 200;

    // The greatest number of characters of a message.
    private const int MaxText = 2000;

    // The compiler says at the end that the linker failed, after the messages of the linker.
    private static readonly string[] Closings = ["ld returned ", "linker command failed"];

    /// <summary>Reads messages. Lines that are part of no message, for example the source line under an error, are left out.</summary>
    public static IReadOnlyList<CompilerMessage> Parse(string text)
    {
        List<CompilerMessage> messages = [];
        foreach (string line in text.Split('\n').Select(line => line.TrimEnd()))
        {
            if (messages is [.., { File: null } last] && Reference().Match(line) is { Success: true } reference)
            {
                // LLD writes the place of an undefined symbol under the message.
                messages[^1] = last with { File = reference.Groups["file"].Value, Line = Number(reference.Groups["line"]) };
            }
            else if (messages.Count < MaxMessages && Read(line) is { } message)
            {
                messages.Add(message);
            }
        }

        return
        [
            .. messages.Where(message => message.File is not null || messages.Count == 1 || !IsClosing(message.Text)).Distinct(),
        ];
    }

    private static bool IsClosing(string text) => Closings.Any(closing => text.Contains(closing, StringComparison.Ordinal));

    private static CompilerMessage? Read(string line)
    {
        if (Placed().Match(line) is { Success: true } placed)
        {
            return new(
                SeverityOf(placed.Groups["severity"].Value),
                placed.Groups["file"].Value,
                Number(placed.Groups["line"]),
                Number(placed.Groups["column"]),
                Short(placed.Groups["text"].Value));
        }

        if (OfTool().Match(line) is { Success: true } tool)
        {
            return new(SeverityOf(tool.Groups["severity"].Value), null, 0, 0, Short(tool.Groups["text"].Value));
        }

        return Linked().Match(line) is { Success: true } linked
            ? new(MessageSeverity.Error, linked.Groups["file"].Value, Number(linked.Groups["line"]), 0, Short(linked.Groups["text"].Value))
            : null;
    }

    private static MessageSeverity SeverityOf(string word) => word.ToUpperInvariant() switch
    {
        "NOTE" or "REMARK" => MessageSeverity.Note,
        "WARNING" => MessageSeverity.Warning,
        _ => MessageSeverity.Error,
    };

    private static int Number(Group digits) =>
        int.TryParse(digits.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;

    private static string Short(string text) => text.Length > MaxText ? text[..MaxText] : text;

    // hello.c:12:5: error: text, and hello.S:3: Error: text of GNU as. The path may have colons.
    [GeneratedRegex(
        @"^(?:\S*ld(\.\w+)?(\.exe)?: )?(?<file>.+?):(?<line>\d+):(?:(?<column>\d+):)? "
            + "(?<severity>fatal error|error|warning|note|remark): (?<text>.+)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Placed();

    // hello.c:12: undefined reference to `f', hello.c:12:(.text+0x5): text, or hello.c:(.text+0x5): text, of GNU ld. Before the path
    // there may be the name of the linker and of the object.
    [GeneratedRegex(
        @"^(?:\S*ld(\.\w+)?(\.exe)?: )?(?:.*?\.o:(?! ))?(?<file>[^()]+?):(?:(?<line>\d+):)?(?:\(\.[^)]*\):)? "
            + @"(?<text>(undefined reference to|multiple definition of|relocation truncated|dangerous relocation|undefined symbol).*)$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Linked();

    // >>> referenced by hello.c:12 (/folder/hello.c:12), or >>> defined at hello.c:12, of LLD.
    [GeneratedRegex(
        @"^>>> (?:referenced by|defined at) (?:.*\((?<file>.+):(?<line>\d+)\)|(?<file>[^()]+):(?<line>\d+))$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Reference();

    // ld.lld: error: text, clang: error: text, cc1: fatal error: text.
    [GeneratedRegex(
        @"^(?<tool>[^:>]+(:[\\/][^:]+)?): (?<severity>fatal error|error|warning): (?<text>.+)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex OfTool();
}
