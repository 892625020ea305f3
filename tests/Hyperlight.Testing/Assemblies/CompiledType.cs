namespace Hyperlight.Testing.Assemblies;

/// <summary>A type that is not nested. Everything about its nested types counts as its own.</summary>
/// <param name="Name">The name.</param>
/// <param name="Files">The source files, relative to the root of the repository, with <c>/</c>. Files that a generator wrote are left
/// out.</param>
/// <param name="Members">The names of the nested types, fields and methods.</param>
/// <param name="Uses">The types that base types, interfaces, signatures, fields, method bodies, generic arguments and attributes
/// name.</param>
/// <param name="Libraries">The names of the native libraries that the type calls.</param>
public sealed record CompiledType(
    TypeName Name, SortedSet<string> Files, HashSet<string> Members, HashSet<TypeName> Uses, HashSet<string> Libraries)
{
    /// <summary>
    /// Gets the folders of the source files, relative to the folder of the project, with <c>/</c>; empty for the root of the project.
    /// </summary>
    public IReadOnlyList<string> Folders => [.. Files.Select(FolderOf).Distinct()];

    /// <summary>Gets the first of the <see cref="Folders"/>.</summary>
    public string Folder => Folders[0];

    private string FolderOf(string file)
    {
        string folder = Path.GetDirectoryName(file)!.Replace('\\', '/');
        string root = "/" + Name.Assembly;
        int end = ("/" + folder).IndexOf(root, StringComparison.Ordinal) + root.Length;
        return end > folder.Length ? "" : folder[end..];
    }
}
