namespace Hyperlight.Testing;

/// <summary>The repository that contains the tests.</summary>
public static class Repository
{
    /// <summary>The absolute path of the root folder, with a separator at its end.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Hyperlight.Sdk.sln")))
        {
            folder = folder.Parent;
        }

        return folder is null
            ? throw new InvalidOperationException("The tests run from a folder inside the repository.")
            : folder.FullName + Path.DirectorySeparatorChar;
    }
}
