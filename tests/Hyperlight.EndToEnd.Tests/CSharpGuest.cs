namespace Hyperlight.EndToEnd.Tests;

/// <summary>
/// A program, its guest in C# and a library that the guest uses. All tests share the folder, because a first build takes long.
/// </summary>
public sealed class CSharpGuest : IDisposable
{
    private const string Greeter = """
        using Hyperlight;
        namespace Orders;

        [GuestInterface]
        public interface IGreeter { string Greet(string name); }

        [GuestExport]
        internal sealed partial class Greeter : IGreeter { public string Greet(string name) => Texts.Hello + name; }
        """;

    public CSharpGuest(PackageFolder packages)
    {
        Workspace = new Workspace(packages).WithFeedsOfTheMachine(CachedPacks(packages));
        Workspace.Write("App.csproj", """
            <Project Sdk="Hyperlight.Sdk/0.1.0">
              <ItemGroup><HyperlightGuestProject Include="../Orders.Guest/Orders.Guest.csproj" Snapshot="false" /></ItemGroup>
            </Project>
            """);
        Workspace.Write("Program.cs", "Console.WriteLine(Guests.OrdersGuest.Name);");
        Workspace.Write("../Orders.Guest/Orders.Guest.csproj", """
            <Project Sdk="Hyperlight.Guest.Sdk/0.1.0">
              <ItemGroup><ProjectReference Include="../Texts/Texts.csproj" /></ItemGroup>
            </Project>
            """);
        Workspace.Write("../Texts/Texts.csproj", """
            <Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>
            """);
        Workspace.Write("../Texts/Texts.cs", "namespace Orders; public static class Texts { public const string Hello = \"Hello, \"; }");
        Write(Greeter);

        // The only programs that a build may start by their names are dotnet and the shell: no compiler, linker, ar or objcopy.
        string programs = Path.Combine(Workspace.Root, "programs");
        Directory.CreateDirectory(programs);
        foreach (string program in (string[])["dotnet", "sh"])
        {
            string path = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
                .Select(folder => Path.Combine(folder, program)).First(File.Exists);
            File.CreateSymbolicLink(Path.Combine(programs, program), path);
        }

        Workspace.SearchPath = programs;
    }

    /// <summary>Gets the reason why guests in C# cannot be built here; <c>null</c> if they can.</summary>
    public static string? Missing =>
        !OperatingSystem.IsLinux() ? "the package of guests in C# is packed on Linux"
        : Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "feed"), "Hyperlight.Guest.Sdk.*.nupkg").Length == 0
            ? "the package Hyperlight.Guest.Sdk was not packed: it needs musl-dev"
            : null;

    /// <summary>Gets the folder of the program. The guest's project is in the folder beside it.</summary>
    internal Workspace Workspace { get; }

    /// <summary>Gets the ELF file that the build of the guest's project writes.</summary>
    public string ElfFile => Path.Combine(Workspace.Root, "Orders.Guest", "bin", "Debug", "net10.0", "Orders.Guest.elf");

    /// <summary>Replaces the source of the guest.</summary>
    public void Write(string source) => Workspace.Write("../Orders.Guest/Greeter.cs", source);

    /// <summary>Writes the source of the guest as it was at first, and builds the program.</summary>
    internal DotNetResult Build(params string[] arguments)
    {
        Write(Greeter);
        return Workspace.Build(["build", .. arguments]).MustSucceed();
    }

    public void Dispose() => Workspace.Dispose();

    // Links to the native compilers that this machine has restored, so that they are not copied. The folder has no package under test.
    private static string CachedPacks(PackageFolder packages)
    {
        string folder = Path.Combine(packages.Path, ".native-compiler");
        Directory.CreateDirectory(folder);
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        foreach (string cache in (string[])[Path.Combine(home, ".nuget", "packages"), Path.Combine(Repository, "artifacts", "nuget")])
        {
            foreach (string pack in (string[])["microsoft.dotnet.ilcompiler", "runtime.linux-x64.microsoft.dotnet.ilcompiler",
                "microsoft.netcore.app.runtime.nativeaot.linux-x64", "microsoft.net.illink.tasks"])
            {
                string link = Path.Combine(folder, pack);
                if (Directory.Exists(Path.Combine(cache, pack)) && !Directory.Exists(link))
                {
                    Directory.CreateSymbolicLink(link, Path.Combine(cache, pack));
                }
            }
        }

        return folder;
    }

    private static string Repository => Workspace.RepositoryRoot();
}
