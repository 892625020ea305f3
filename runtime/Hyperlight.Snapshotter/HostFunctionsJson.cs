using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hyperlight.Files;

namespace Hyperlight.Snapshotter;

/// <summary>
/// Adds host functions that a JSON file declares. Each function always returns the same value, which is enough for most guests at their
/// start. The file is refused as a whole if any part of it cannot be understood.
/// </summary>
internal static class HostFunctionsJson
{
    /// <summary>The greatest size of a file, in bytes.</summary>
    private const int MaxSize = 1 << 20;

    /// <summary>Adds the functions that a file declares.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="functions">The host functions, which get the declared functions.</param>
    /// <exception cref="HyperlightException">HL4013: the file cannot be read, or cannot be understood.</exception>
    public static void Add(string path, HostFunctions functions)
    {
        try
        {
            foreach (DeclaredFunction function in Read(ReadFile(path)))
            {
                functions.Add(function.Name, function.Parameters, function.Returns, _ => function.Answer());
            }
        }
        catch (Exception e) when (
            e is IOException or InvalidDataException or UnauthorizedAccessException or JsonException or ArgumentException)
        {
            throw new HyperlightException(
                Rules.BadHostFunctions.Found($"'{path}' does not declare host functions: {e.Message.TrimEnd('.')}. Correct the file."), e);
        }
    }

    /// <summary>Reads the declared functions.</summary>
    /// <param name="json">The content of a file.</param>
    /// <exception cref="JsonException">The content cannot be understood.</exception>
    public static IReadOnlyList<DeclaredFunction> Read(ReadOnlySpan<byte> json)
    {
        // Editors on Windows may begin a file with a byte order mark.
        json = json.StartsWith(Encoding.UTF8.Preamble) ? json[Encoding.UTF8.Preamble.Length..] : json;
        if (json.StartsWith(Encoding.Unicode.Preamble) || json.StartsWith(Encoding.BigEndianUnicode.Preamble))
        {
            throw new JsonException("The file is written in UTF-16, and JSON must be written in UTF-8.");
        }

        HostFunctionsDocument document = JsonSerializer.Deserialize(json, HostFunctionsContext.Default.HostFunctionsDocument)
            ?? throw new JsonException("The document is null.");
        return [.. document.Functions.Select(function => Read(function ?? throw new JsonException("A function is null.")))];
    }

    private static byte[] ReadFile(string path)
    {
        using FileStream stream = new(OrdinaryFile.Open(path), FileAccess.Read);
        byte[] json = new byte[MaxSize + 1];
        int length = stream.ReadAtLeast(json, json.Length, throwOnEndOfStream: false);
        return length <= MaxSize
            ? json[..length]
            : throw new JsonException($"The file is larger than {MaxSize} bytes, which is the greatest size.");
    }

    private static DeclaredFunction Read(HostFunctionEntry entry)
    {
        GuestValueKind returns = Kind(entry.Returns, entry.Name);
        GuestValueKind[] parameters = [.. entry.Parameters.Select(parameter => Kind(parameter, entry.Name))];
        return parameters.Contains(GuestValueKind.Void) ? throw new JsonException($"{entry.Name} has a parameter of the type void.")
            : entry is { Error: not null, Value: not null } ? throw new JsonException($"{entry.Name} has both a value and an error.")
            : new(entry.Name, parameters, returns, entry.Error is null ? Value(entry, returns) : GuestValue.Void, entry.Error);
    }

    private static GuestValueKind Kind(string? type, string function)
    {
        foreach (GuestValueKind kind in Enum.GetValues<GuestValueKind>())
        {
            if (Name(kind) == type)
            {
                return kind;
            }
        }

        throw new JsonException(
            $"{function} has the type '{type}'; types are {string.Join(", ", Enum.GetValues<GuestValueKind>().Select(Name))}.");
    }

#pragma warning disable CA1308 // Types are written as in C#.
    private static string Name(GuestValueKind kind) => kind.ToString().ToLowerInvariant();
#pragma warning restore CA1308

    private static GuestValue Value(HostFunctionEntry entry, GuestValueKind returns)
    {
        if (entry.Value is not { } value)
        {
            return returns == GuestValueKind.Void
                ? GuestValue.Void
                : throw new JsonException($"{entry.Name} returns {Name(returns)} and has neither a value nor an error.");
        }

        try
        {
            return returns switch
            {
                GuestValueKind.Int => value.GetInt32(),
                GuestValueKind.UInt => value.GetUInt32(),
                GuestValueKind.Long => value.GetInt64(),
                GuestValueKind.ULong => value.GetUInt64(),
                GuestValueKind.Float when float.IsFinite(value.GetSingle()) => value.GetSingle(),
                GuestValueKind.Double when double.IsFinite(value.GetDouble()) => value.GetDouble(),
                GuestValueKind.String => value.GetString() ?? throw new FormatException(),
                GuestValueKind.Bool => value.GetBoolean(),
                GuestValueKind.Bytes => value.GetBytesFromBase64(),
                _ => throw new FormatException(),
            };
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
            throw new JsonException($"the value of {entry.Name}, {value.GetRawText()}, is not of the type {Name(returns)}.", e);
        }
    }
}

/// <summary>A host function that always returns the same value, or always fails.</summary>
/// <param name="Name">The name of the function.</param>
/// <param name="Parameters">The types of the parameters.</param>
/// <param name="Returns">The type of the result.</param>
/// <param name="Value">The result.</param>
/// <param name="Error">The message that the guest gets instead of a result; <c>null</c> if the function returns a result.</param>
internal sealed record DeclaredFunction(
    string Name, IReadOnlyList<GuestValueKind> Parameters, GuestValueKind Returns, GuestValue Value, string? Error)
{
    /// <summary>Gets the result of a call.</summary>
    /// <exception cref="GuestVisibleException">The file declares that the function fails.</exception>
    public GuestValue Answer() => Error is null ? Value : throw new GuestVisibleException(Error);
}

/// <summary>The content of a file.</summary>
/// <param name="Functions">The functions.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record HostFunctionsDocument(IReadOnlyList<HostFunctionEntry?> Functions);

/// <summary>A function in a file.</summary>
/// <param name="Name">The name of the function.</param>
/// <param name="Parameters">The types of the parameters.</param>
/// <param name="Returns">The type of the result.</param>
/// <param name="Value">The result. Bytes are written in Base64.</param>
/// <param name="Error">The message that the guest gets instead of a result.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record HostFunctionEntry(
    string Name, IReadOnlyList<string?> Parameters, string Returns = "void", JsonElement? Value = null, string? Error = null);

/// <summary>Reads files strictly: unknown, missing and repeated fields are refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    MaxDepth = 8,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(HostFunctionsDocument))]
internal sealed partial class HostFunctionsContext : JsonSerializerContext;
