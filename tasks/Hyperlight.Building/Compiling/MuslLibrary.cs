namespace Hyperlight.Compiling;

/// <summary>The static C library musl.</summary>
/// <param name="Headers">The absolute path of the folder with the headers.</param>
/// <param name="Archive">The absolute path of the archive.</param>
internal sealed record MuslLibrary(string Headers, string Archive)
{
    private static readonly MuslLibrary OfDebian = new("/usr/include/x86_64-linux-musl", "/usr/lib/x86_64-linux-musl/libc.a");

    /// <summary>Finds the library.</summary>
    /// <param name="folder">A folder with <c>include/</c> and <c>lib/libc.a</c>; empty for the package of Debian.</param>
    /// <param name="finding">The finding that says what to install, if there is no library.</param>
    /// <returns>The library; <c>null</c> if there is none.</returns>
    public static MuslLibrary? Find(string folder, out Finding? finding)
    {
        MuslLibrary library = folder.Length == 0
            ? OfDebian
            : new(Path.Combine(folder, "include"), Path.Combine(folder, "lib", "libc.a"));
        string header = Path.Combine(library.Headers, "stdio.h");
        bool exists = File.Exists(library.Archive) && File.Exists(header);
        finding = exists
            ? null
            : Rules.GuestToolMissing.Found(
                $"The C library musl is missing: '{library.Archive}' and '{header}' are not both there: install musl-dev "
                + $"(on Debian and Ubuntu: apt install musl-dev), or name a folder with include/ and lib/libc.a in HyperlightMusl.");
        return exists ? library : null;
    }
}
