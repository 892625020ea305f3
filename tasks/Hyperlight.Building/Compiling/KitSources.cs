namespace Hyperlight.Compiling;

/// <summary>Lists the sources of the guest kit.</summary>
internal static class KitSources
{
    /// <summary>
    /// Lists the sources that a guest consists of, besides its own: those of all guests, and those that start it and handle its exceptions.
    /// </summary>
    /// <param name="kit">The absolute path of the kit.</param>
    /// <param name="guest">The guest.</param>
    public static IEnumerable<string> Of(string kit, GuestPlan guest)
    {
        string sources = Path.Combine(kit, "src");
        return
        [
            .. In(sources, SearchOption.TopDirectoryOnly),
            .. guest.LinkerScript is null ? In(Path.Combine(sources, guest.Target.MachineFolder), SearchOption.TopDirectoryOnly) : [],
            .. guest.Libc is null ? [] : In(Path.Combine(sources, "linux"), SearchOption.AllDirectories),
        ];
    }

    /// <summary>
    /// Gets the name of the object of a source, as in <c>build-guest.sh</c>. The objects are linked in the order of their names, and
    /// assemblers write the name into the object.
    /// </summary>
    public static string ObjectName(string kit, string source) =>
        $"kit-{Path.GetRelativePath(Path.Combine(kit, "src"), source).Replace('\\', '-').Replace('/', '-').Replace('.', '-')}.o";

    private static IEnumerable<string> In(string folder, SearchOption depth) =>
        Directory.EnumerateFiles(folder, "*", depth).Where(file => Path.GetExtension(file) is ".c" or ".S");
}
