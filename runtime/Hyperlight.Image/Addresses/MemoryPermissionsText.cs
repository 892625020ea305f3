using System.Collections.Immutable;

namespace Hyperlight;

/// <summary>Writes permissions as <c>r-x</c>, as file listings do, and reads them as <c>rx</c>.</summary>
internal static class MemoryPermissionsText
{
    /// <summary>Gets the sets of permissions that include the permission to read.</summary>
    internal static ImmutableArray<MemoryPermissions> Readable { get; } =
    [
        MemoryPermissions.Read,
        MemoryPermissions.Read | MemoryPermissions.Write,
        MemoryPermissions.Read | MemoryPermissions.Execute,
        MemoryPermissions.Read | MemoryPermissions.Write | MemoryPermissions.Execute,
    ];

    /// <summary>Gets permissions as three characters, for example <c>r-x</c>.</summary>
    public static string ToText(this MemoryPermissions permissions) => string.Create(3, permissions, static (text, permissions) =>
    {
        text[0] = permissions.HasFlag(MemoryPermissions.Read) ? 'r' : '-';
        text[1] = permissions.HasFlag(MemoryPermissions.Write) ? 'w' : '-';
        text[2] = permissions.HasFlag(MemoryPermissions.Execute) ? 'x' : '-';
    });

    /// <summary>Reads <c>r</c>, <c>rw</c>, <c>rx</c> or <c>rwx</c>, in either case.</summary>
    /// <param name="text">The text.</param>
    /// <param name="permissions">The permissions; <see cref="MemoryPermissions.None"/> if the text is not valid.</param>
    /// <returns><c>true</c> if the text is valid.</returns>
    public static bool TryParse(string text, out MemoryPermissions permissions)
    {
        permissions = Readable.FirstOrDefault(
            candidate => candidate.ToText().Replace("-", "", StringComparison.Ordinal).Equals(text, StringComparison.OrdinalIgnoreCase));
        return permissions != MemoryPermissions.None;
    }
}
