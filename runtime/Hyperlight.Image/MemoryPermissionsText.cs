namespace Hyperlight;

/// <summary>Writes permissions the way file listings do.</summary>
public static class MemoryPermissionsText
{
    /// <summary><paramref name="permissions"/> as three characters, for example <c>r-x</c>.</summary>
    public static string ToText(this MemoryPermissions permissions) => string.Create(3, permissions, static (text, permissions) =>
    {
        text[0] = permissions.HasFlag(MemoryPermissions.Read) ? 'r' : '-';
        text[1] = permissions.HasFlag(MemoryPermissions.Write) ? 'w' : '-';
        text[2] = permissions.HasFlag(MemoryPermissions.Execute) ? 'x' : '-';
    });
}
