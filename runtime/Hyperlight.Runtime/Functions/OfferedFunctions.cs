using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Unicode;
using Hyperlight.Snapshots;

namespace Hyperlight.Functions;

/// <summary>
/// The functions of the host that the guest of one sandbox can call: those that the program added, which nothing is built of for each
/// sandbox, and a few that the sandbox has of its own.
/// </summary>
/// <param name="added">The functions that the program added, which nobody changes any more.</param>
/// <param name="own">The functions of the sandbox. A function that the program added hides one with its name.</param>
internal sealed class OfferedFunctions(Dictionary<string, HostFunction> added, params (string Name, HostFunction Function)[] own)
{
    private const int UsualNameLength = 256;

    private readonly Dictionary<string, HostFunction>.AlternateLookup<ReadOnlySpan<char>> _added =
        added.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Finds a function by its name in UTF-8, without an allocation for a name of usual length.</summary>
    /// <param name="utf8">The name, which a guest may have written.</param>
    /// <param name="name">The name, if there is such a function.</param>
    /// <param name="function">The function, if there is one.</param>
    public bool TryFind(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out string? name, [NotNullWhen(true)] out HostFunction? function)
    {
        Span<char> characters = utf8.Length <= UsualNameLength ? stackalloc char[UsualNameLength] : new char[utf8.Length];
        if (Utf8.ToUtf16(utf8, characters, out _, out int length, replaceInvalidSequences: false) == OperationStatus.Done)
        {
            return TryFind(characters[..length], out name, out function);
        }

        (name, function) = (null, null);
        return false;
    }

    /// <summary>Gets the types of a function, or <c>null</c> if there is no such function.</summary>
    public HostFunctionSignature? SignatureOf(string name) =>
        added.TryGetValue(name, out HostFunction? function) || TryFind(name, out _, out function) ? function.Signature : null;

    /// <summary>
    /// Gets the types of the functions that a host must have to run the guest, by their names. A guest can do without those that every
    /// sandbox offers.
    /// </summary>
    public ImmutableSortedDictionary<string, HostFunctionSignature> ToRecord() => added
        .Concat(own.Where(pair => !added.ContainsKey(pair.Name)).Select(pair => KeyValuePair.Create(pair.Name, pair.Function)))
        .Where(pair => !BuiltInFunctions.Names.Contains(pair.Key))
        .ToImmutableSortedDictionary(pair => pair.Key, pair => pair.Value.Signature, StringComparer.Ordinal);

    private bool TryFind(
        ReadOnlySpan<char> wanted, [NotNullWhen(true)] out string? name, [NotNullWhen(true)] out HostFunction? function)
    {
        if (_added.TryGetValue(wanted, out name, out function))
        {
            return true;
        }

        foreach ((string ownName, HostFunction ownFunction) in own)
        {
            if (wanted.SequenceEqual(ownName))
            {
                (name, function) = (ownName, ownFunction);
                return true;
            }
        }

        return false;
    }
}
