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
    /// Gets the folder of the first source file, relative to the folder of the project, with <c>/</c>; empty for the root of the project.
    /// </summary>
    public string Folder
    {
        get
        {
            string folder = Path.GetDirectoryName(Files.Min!)!.Replace('\\', '/');
            string root = "/" + Name.Assembly;
            int end = ("/" + folder).IndexOf(root, StringComparison.Ordinal) + root.Length;
            return end > folder.Length ? "" : folder[end..];
        }
    }

    /// <summary>Gets the first source file, without its folder.</summary>
    public string FirstFile => Path.GetFileName(Files.Min!);
}
