using System.Text.Json;

namespace Hyperlight.Compiling;

/// <summary>
/// Reads what cargo prints with <c>--message-format=json</c>: a JSON document on each line. Lines that are no such document are left out.
/// </summary>
internal sealed class CargoOutput
{
    // The greatest number of messages, and of the characters of one.
    private const int MaxMessages = 200;
    private const int MaxText = 2000;

    // The greatest number of macros in which a place is looked for, and of files that are kept.
    private const int MaxExpansions = 16;
    private const int MaxFiles = 10_000;

    private readonly List<CompilerMessage> _messages = [];
    private readonly List<string> _lines = [];
    private readonly HashSet<string> _executables = new(StringComparer.Ordinal);
    private readonly HashSet<string> _manifests = new(StringComparer.Ordinal);

    private CargoOutput()
    {
    }

    /// <summary>Gets the messages of the compiler and the linker.</summary>
    public IReadOnlyList<CompilerMessage> Messages => [.. _messages.Distinct()];

    /// <summary>Gets the absolute paths of the programs that were built.</summary>
    public IReadOnlyList<string> Executables => [.. _executables];

    /// <summary>Gets the absolute paths of the <c>Cargo.toml</c> of each crate that was built.</summary>
    public IReadOnlyCollection<string> Manifests => _manifests;

    /// <summary>Gets the lines with messages.</summary>
    public string Text => string.Join('\n', _lines);

    /// <summary>Reads the standard output of cargo.</summary>
    public static CargoOutput Read(string text)
    {
        CargoOutput output = new();
        foreach (string line in text.Split('\n').Where(line => line.StartsWith('{')))
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(line);
                output.Add(document.RootElement, line);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
            {
                // The last two: a text has half of a character.
            }
        }

        return output;
    }

    private void Add(JsonElement line, string text)
    {
        string manifest = PathOf(line, "manifest_path") ?? "";
        switch (TextOf(line, "reason"))
        {
            case "compiler-artifact":
                AddPath(_manifests, manifest);
                AddPath(_executables, PathOf(line, "executable") ?? "");
                break;
            case "compiler-message" when _messages.Count < MaxMessages && Member(line, "message") is { } message:
                int count = _messages.Count;
                AddMessage(message, manifest);
                if (_messages.Count > count)
                {
                    _lines.Add(text.TrimEnd());
                }

                break;
            default:
                break;
        }
    }

    private static void AddPath(HashSet<string> paths, string path)
    {
        if (path.Length > 0 && paths.Count < MaxFiles)
        {
            paths.Add(path);
        }
    }

    private void AddMessage(JsonElement message, string manifest)
    {
        if (SeverityOf(message) is not { } severity || IsSummary(TextOf(message, "message")))
        {
            return;
        }

        JsonElement[] children = [.. Items(message, "children")];
        CompilerMessage[] ofLinker =
        [
            .. children.SelectMany(child => CompilerOutput.Parse(TextOf(child, "message")))
                .Where(found => found.Severity == MessageSeverity.Error)
                .Select(found => found with { File = found.File is null ? manifest : Resolve(found.File, manifest) ?? manifest }),
        ];
        if (ofLinker.Length > 0 && severity == MessageSeverity.Error)
        {
            // The compiler quotes the linker below its own message, which has the command of the linker.
            _messages.AddRange(ofLinker);
            return;
        }

        CompilerMessage own = Place(new(severity, manifest, 0, 0, WordsOf(message)), message, manifest);
        string code = Member(message, "code") is { } named ? TextOf(named, "code") : "";
        _messages.Add(IsCode(code) ? own with { Code = code } : code.Length > 0 ? own with { Text = Short($"{own.Text} [{code}]") } : own);
        foreach (JsonElement child in children.Take(MaxMessages))
        {
            _messages.Add(Place(own with { Severity = MessageSeverity.Note, Text = WordsOf(child) }, child, manifest));
        }
    }

    private static MessageSeverity? SeverityOf(JsonElement message) => TextOf(message, "level") switch
    {
        "warning" => MessageSeverity.Warning,
        "note" or "help" => MessageSeverity.Note,
        "failure-note" => null,
        _ => MessageSeverity.Error,
    };

    // The compiler counts its messages at the end.
    private static bool IsSummary(string text) =>
        text.Length == 0
        || text.StartsWith("aborting due to ", StringComparison.Ordinal)
        || text.EndsWith(" warning emitted", StringComparison.Ordinal)
        || text.EndsWith(" warnings emitted", StringComparison.Ordinal);

    // The code of an error, for example E0308. A warning has the name of its lint instead, which is no code of MSBuild.
    private static bool IsCode(string text) => text.Length is > 1 and < 10 && text[0] == 'E' && text.Skip(1).All(char.IsAsciiDigit);

    // The compiler marks a part of the source, and says at the mark what is wrong there.
    private static string WordsOf(JsonElement message)
    {
        string label = PrimarySpan(message) is { } span ? TextOf(span, "label") : "";
        string words = TextOf(message, "message");
        string text = label.Length == 0 || words.Contains(label, StringComparison.Ordinal) ? words : $"{words}: {label}";
        return Short(text.ReplaceLineEndings(" "));
    }

    private static CompilerMessage Place(CompilerMessage message, JsonElement diagnostic, string manifest)
    {
        JsonElement? span = PrimarySpan(diagnostic);
        for (int i = 0; span is { } place && i < MaxExpansions; i++)
        {
            if (Resolve(TextOf(place, "file_name"), manifest) is { } file)
            {
                return message with { File = file, Line = Number(place, "line_start"), Column = Number(place, "column_start") };
            }

            // The source of a macro of the standard library is not on this computer. The place that calls the macro may be.
            span = Member(place, "expansion") is { } expansion ? Member(expansion, "span") : null;
        }

        return message;
    }

    private static JsonElement? PrimarySpan(JsonElement diagnostic)
    {
        foreach (JsonElement span in Items(diagnostic, "spans"))
        {
            if (Member(span, "is_primary") is { ValueKind: JsonValueKind.True })
            {
                return span;
            }
        }

        return null;
    }

    // Paths are relative to the folder of the workspace, which is the folder of the crate or one above it.
    private static string? Resolve(string file, string manifest)
    {
        if (file.Length == 0 || file.Contains('\0'))
        {
            return null;
        }

        for (string? folder = Path.GetDirectoryName(manifest); folder is { Length: > 0 }; folder = Path.GetDirectoryName(folder))
        {
            string path = Path.GetFullPath(file, folder);
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    private static string? PathOf(JsonElement element, string name) =>
        TextOf(element, name) is { Length: > 0 } path && !path.Contains('\0') && Path.IsPathFullyQualified(path) ? path : null;

    private static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement member) ? member : null;

    private static string TextOf(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";

    private static int Number(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out int value) && value > 0 ? value : 0;

    private static JsonElement.ArrayEnumerator Items(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : default;

    private static string Short(string text) => text.Length > MaxText ? text[..MaxText] : text;
}
