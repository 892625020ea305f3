using System.Collections.Immutable;
using Hyperlight.Diagnostics;
using Hyperlight.Snapshots.Formats;

namespace Hyperlight.Snapshots;

/// <summary>Translates the signatures of host functions into those of a saved snapshot, and back (amd64 sheet, section 8.3).</summary>
internal static class SavedHostFunctions
{
    // The names of types in saved snapshots, in the order of GuestValueKind.
    private static readonly ImmutableArray<string> TypeNames =
        ["void", "int", "u_int", "long", "u_long", "float", "double", "string", "bool", "vec_bytes"];

    /// <summary>Translates signatures into saved ones.</summary>
    /// <exception cref="HyperlightException">
    /// HL3008: a function takes or returns any type, for which upstream has no name, or the name of a function cannot be saved.
    /// </exception>
    public static ImmutableArray<SnapshotHostFunction> ToSaved(ImmutableSortedDictionary<string, HostFunctionSignature> functions) =>
        functions.Keys.FirstOrDefault(name => !OneLine.IsName(name)) is { } bad
        ? throw new HyperlightException(Rules.SnapshotNotSavable.Found(
            $"the snapshot cannot be saved: a host function is named '{bad}', names that are saved have 1 to {OneLine.MaxNameLength} "
            + $"characters in one line: rename it."))
        : [.. functions.Select(function => new SnapshotHostFunction(
            function.Key,
            [.. function.Value.Parameters.Select(kind => Name(function.Key, kind))],
            Name(function.Key, function.Value.ReturnType)))];

    /// <summary>Translates saved signatures, which are not trusted.</summary>
    /// <exception cref="FormatException">Two functions have the same name, or a name or type is not valid.</exception>
    public static ImmutableSortedDictionary<string, HostFunctionSignature> FromSaved(ImmutableArray<SnapshotHostFunction> saved)
    {
        ImmutableSortedDictionary<string, HostFunctionSignature>.Builder functions =
            ImmutableSortedDictionary.CreateBuilder<string, HostFunctionSignature>(StringComparer.Ordinal);
        foreach (SnapshotHostFunction function in saved)
        {
            if (!OneLine.IsName(function.FunctionName))
            {
                throw new FormatException(
                    $"a host function is named '{FindingText.Cut(function.FunctionName)}', names have 1 to {OneLine.MaxNameLength} "
                    + "characters in one line");
            }

            HostFunctionSignature signature = new(
                [.. function.ParameterTypes.Select(type => (GuestValueKind?)Kind(type, GuestValueKind.Int))],
                Kind(function.ReturnType, GuestValueKind.Void));
            if (!functions.TryAdd(function.FunctionName, signature))
            {
                throw new FormatException($"its host function '{function.FunctionName}' is listed twice");
            }
        }

        return functions.ToImmutable();
    }

    private static string Name(string function, GuestValueKind? kind) => kind is { } known
        ? TypeNames[(int)known]
        : throw new HyperlightException(Rules.SnapshotNotSavable.Found(
            $"the snapshot cannot be saved: the host function {function} takes or returns any type, a saved snapshot names the types: add "
            + $"it with its types."));

    private static GuestValueKind Kind(string? name, GuestValueKind least)
    {
        GuestValueKind kind = (GuestValueKind)(name is null ? -1 : TypeNames.IndexOf(name));
        return kind >= least ? kind : throw new FormatException(
            $"a host function has the type '{FindingText.Cut(name ?? "null", 64)}', known are "
            + string.Join(", ", TypeNames[(int)least..].AsEnumerable()));
    }
}
