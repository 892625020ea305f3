namespace Hyperlight.EndToEnd.Tests.Documents;

/// <summary>A C compiler, which the guest kit needs.</summary>
internal static class CCompiler
{
    private static readonly string[] Names = ["clang", "gcc", "zig"];

    /// <summary>Skips the test where guests in C cannot be compiled.</summary>
    public static void Require()
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!folders.Any(folder => Names.Any(name => File.Exists(Path.Combine(folder, name)))))
        {
            Assert.Skip("probe CCompiler: there is no clang, gcc or zig in PATH");
        }
    }
}
