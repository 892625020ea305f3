namespace Hyperlight.EndToEnd.Tests;

/// <summary>
/// Two programs, their guest in C# and a library that the guest uses. All tests share the folder, because a first build takes long.
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
        Workspace = CSharpGuests.Create(packages);
        foreach (string program in (string[])["App", "Second"])
        {
            Workspace.Write($"../{program}/{program}.csproj", """
                <Project Sdk="Hyperlight.Sdk/0.1.0">
                  <ItemGroup><HyperlightGuestProject Include="../Orders.Guest/Orders.Guest.csproj" /></ItemGroup>
                </Project>
                """);
            Workspace.Write($"../{program}/Program.cs", "Console.WriteLine(Guests.OrdersGuest.Name);");
        }

        Workspace.Write("../All.slnx", """
            <Solution>
              <Project Path="App/App.csproj" /><Project Path="Second/Second.csproj" />
              <Project Path="Orders.Guest/Orders.Guest.csproj" /><Project Path="Texts/Texts.csproj" />
            </Solution>
            """);
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

        Workspace.SearchPath = CSharpGuests.PathWithoutTools(Workspace);
    }

    /// <summary>Gets the folder of the program. The guest's project is in the folder beside it.</summary>
    internal Workspace Workspace { get; }

    /// <summary>Gets the ELF file that the build of the guest's project writes.</summary>
    public string ElfFile => Path.Combine(Workspace.Root, "Orders.Guest", "bin", "Debug", "net10.0", "Orders.Guest.elf");

    /// <summary>Replaces the source of the guest. The time of the file stays as it is if the source does.</summary>
    public void Write(string source)
    {
        const string File = "../Orders.Guest/Greeter.cs";
        if (!System.IO.File.Exists(Workspace.PathOf(File)) || Workspace.Read(File) != source)
        {
            Workspace.Write(File, source);
        }
    }

    /// <summary>Writes the source of the guest as it was at first, and builds all projects.</summary>
    internal DotNetResult Build(params string[] arguments)
    {
        Write(Greeter);
        return Workspace.Build(["build", "../All.slnx", .. arguments]).MustSucceed();
    }

    public void Dispose() => Workspace.Dispose();
}
