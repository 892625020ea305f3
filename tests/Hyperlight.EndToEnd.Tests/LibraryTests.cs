namespace Hyperlight.EndToEnd.Tests;

/// <summary>Tests libraries with guests, in programs of any SDK that use a library as project, as package or as plugin.</summary>
public sealed class LibraryTests(PackageFolder packages)
{
    // The text that a library or program prints about its guest. The scratch size tells which project the guest belongs to.
    private const string Guest = "$\"{Guests.Hello.ScratchSize / 1024}K{(Hypervisor.IsPresent ? Hello() : \"\")}\"";
    private const string Hello = "static string Hello() { using Sandbox sandbox = Guests.Hello.CreateSandbox(); return \" \" + "
        + "sandbox.Call<string>(\"SayHello\", \"you\"); }";

    private static readonly string Said = Hypervisor.IsPresent ? " Hello, you!" : "";

    [Fact]
    public void Guests_of_one_name_are_each_their_projects_own()
    {
        using Workspace workspace = new(packages);
        AddLibrary(workspace, "First", "320K");
        AddLibrary(workspace, "Second", "1M");
        AddLibrary(workspace, "Equal", "320K");
        AddLibrary(workspace, "Plugin", "384K", "<EnableDynamicLoading>true</EnableDynamicLoading>");
        AddProgram(
            workspace, "Plain",
            """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType>"""
                + """</PropertyGroup>""");
        AddProgram(
            workspace, "Own",
            """<Project Sdk="Hyperlight.Sdk/0.1.0"><ItemGroup><HyperlightGuest Include="guests/hello.elf" ScratchSize="512K" />"""
                + """</ItemGroup>""");
        workspace.Write("../Own/Own.cs", $"namespace Own; public static class Api {{ public static string Say() => {Guest}; {Hello} }}");
        workspace.Write("../Own/Program.cs", workspace.Read("../Own/Program.cs") + "System.Console.WriteLine(Own.Api.Say());");
        workspace.AddGuest("samples/Hello/guests/hello.elf", "../Own/guests/hello.elf");
        workspace.Write(
            "../All.slnx",
            """<Solution><Project Path="Plain/Plain.csproj" /><Project Path="Own/Own.csproj" /><Project Path="Plugin/Plugin.csproj" />"""
                + """</Solution>""");

        workspace.Build("build", "../All.slnx", "-m").MustSucceed();

        string plugin = workspace.PathOf("../Plugin/bin/Debug/net10.0/Plugin.dll");
        string[] said = ["320K" + Said, "1024K" + Said, "320K" + Said];
        Assert.Equal([.. said, "384K" + Said], Run(workspace, "../Plain/bin/Debug/net10.0/Plain.dll", plugin));
        Assert.Equal([.. said, "512K" + Said], Run(workspace, "../Own/bin/Debug/net10.0/Own.dll"));
        Assert.Equal(2, Directory.GetDirectories(workspace.PathOf("../Plain/bin/Debug/net10.0/guests")).Length);

        workspace.Build("publish", "../Plain", "-o", "out").MustSucceed();
        Assert.Equal([.. said, "384K" + Said], Run(workspace, "out/Plain.dll", plugin));
        Assert.Equal(2, Directory.GetDirectories(workspace.PathOf("out/guests")).Length);
        Assert.Empty(Directory.GetFiles(workspace.PathOf("out"), "*.xml"));
    }

    [Fact]
    public void Another_guest_in_a_library_leaves_nothing_of_the_old_one_which_the_program_would_refuse()
    {
        using Workspace workspace = new(packages);
        AddLibrary(workspace, "First", "320K");
        workspace.Write("App.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType></PropertyGroup>
              <ItemGroup><ProjectReference Include="../First/First.csproj" /></ItemGroup>
            </Project>
            """);
        workspace.Write("Program.cs", "System.Console.WriteLine(First.Api.Say());");
        workspace.Build("publish", "-c", "Debug").MustSucceed();
        string before = Assert.Single(Directory.GetDirectories(workspace.PathOf("bin/Debug/net10.0/guests")));
        string old = workspace.PathOf("old");
        foreach (string file in workspace.FilesBelow("bin/Debug/net10.0/guests/hello"))
        {
            workspace.Write($"old/{file}", File.ReadAllBytes(Path.Combine(before, file)));
        }

        workspace.Write("../First/First.csproj", workspace.Read("../First/First.csproj").Replace("320K", "448K", StringComparison.Ordinal));
        workspace.Build("publish", "-c", "Debug").MustSucceed();

        string after = Assert.Single(Directory.GetDirectories(workspace.PathOf("bin/Debug/net10.0/guests")));
        Assert.Equal(
            Path.GetFileName(after),
            Path.GetFileName(Assert.Single(Directory.GetDirectories(workspace.PathOf("bin/Debug/net10.0/publish/guests")))));
        Assert.NotEqual(before, after);
        Assert.Equal(["448K" + Said], Run(workspace, "bin/Debug/net10.0/App.dll"));
        Directory.Delete(after, recursive: true);
        Directory.Move(old, after);
        Assert.Contains(
            $"HL3017: the image '{after}' cannot be used", workspace.DotNet("bin/Debug/net10.0/App.dll").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_packed_library_brings_its_images_to_plain_programs_directly_and_through_others()
    {
        using Workspace workspace = new(packages);
        AddLibrary(
            workspace,
            "Packed",
            "320K",
            "<Version>1.2.3</Version><TargetsForTfmSpecificBuildOutput>_PackInner</TargetsForTfmSpecificBuildOutput>",
            """Snapshot="auto" """);
        AddLibrary(workspace, "Inner", "352K");
        workspace.Write("../Packed/Packed.csproj", workspace.Read("../Packed/Packed.csproj").Replace("</Project>", """
              <ItemGroup><ProjectReference Include="../Inner/Inner.csproj" PrivateAssets="all" /></ItemGroup>
              <Target Name="_PackInner" DependsOnTargets="ResolveReferences">
                <ItemGroup>
                  <BuildOutputInPackage
                      Include="@(ReferenceCopyLocalPaths->WithMetadataValue('ReferenceSourceTarget', 'ProjectReference'))" />
                </ItemGroup>
              </Target>
            </Project>
            """, StringComparison.Ordinal));
        workspace.Write(
            "../Packed/Api.cs",
            workspace.Read("../Packed/Api.cs").Replace("Say() => ", "Say() => Inner.Api.Say() + ' ' + ", StringComparison.Ordinal));
        workspace.Write("../Through/Through.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <ItemGroup><PackageReference Include="Packed" Version="1.2.3" /></ItemGroup>
            </Project>
            """);
        workspace.Write(
            "../Through/Through.cs", "namespace Through; public static class Api { public static string Say() => Packed.Api.Say(); }");
        workspace.Write("App.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType></PropertyGroup>
              <ItemGroup><ProjectReference Include="../Through/Through.csproj" /></ItemGroup>
            </Project>
            """);
        workspace.Write("Program.cs", "System.Console.WriteLine(Through.Api.Say());");
        workspace.Build("pack", "../Packed", "-o", workspace.Feed).MustSucceed();

        workspace.Build("build").MustSucceed();
        workspace.Build("publish", "-o", "out").MustSucceed();

        string[] said = [$"352K{Said} 320K{Said}"];
        Assert.Equal(said, Run(workspace, "bin/Debug/net10.0/App.dll"));
        Assert.Equal(said, Run(workspace, "out/App.dll"));
        Assert.Equal(workspace.FilesBelow("bin/Debug/net10.0/guests"), workspace.FilesBelow("out/guests"));
        string[] listed = workspace.DotNet("list", "package", "--include-transitive").MustSucceed().Output.Split('\n');
        Assert.Contains(listed, line => line.Contains("> Packed ", StringComparison.Ordinal));
        Assert.Contains(listed, line => line.Contains("> Hyperlight.Runtime ", StringComparison.Ordinal));
    }

    [Fact]
    public void Projects_of_images_only_bring_them_to_plain_programs_by_project_and_by_package()
    {
        using Workspace workspace = new(packages);
        foreach (string name in (string[])["Referenced", "Packed"])
        {
            workspace.Write($"../{name}/{name}.csproj", """
                <Project Sdk="Hyperlight.Sdk/0.1.0">
                  <PropertyGroup>
                    <OutputType>Library</OutputType>
                    <DisableHyperlightRuntimeReference>true</DisableHyperlightRuntimeReference>
                  </PropertyGroup>
                </Project>
                """);
            workspace.Write($"../{name}/{name}.cs", "");
            workspace.AddGuest("samples/Hello/guests/hello.elf", $"../{name}/guests/hello.elf");
        }

        workspace.Write("App.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType></PropertyGroup>
              <ItemGroup>
                <ProjectReference Include="../Referenced/Referenced.csproj" />
                <PackageReference Include="Packed" Version="1.0.0" />
              </ItemGroup>
            </Project>
            """);
        workspace.Write("Program.cs", "System.Console.WriteLine(1);");
        workspace.Build("pack", "../Packed", "-o", workspace.Feed).MustSucceed();

        workspace.Build("publish", "-o", "out").MustSucceed();

        Assert.Single(Directory.GetDirectories(workspace.PathOf("out/guests")));
        Assert.Contains("index.json", workspace.FilesBelow("out/guests/hello"));
        Assert.Equal(
            ["App.dll", "Packed.dll", "Referenced.dll"],
            Directory.GetFiles(workspace.PathOf("out"), "*.dll").Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private static void AddLibrary(Workspace workspace, string name, string scratch, string properties = "", string metadata = "")
    {
        workspace.Write($"../{name}/{name}.csproj", $"""
            <Project Sdk="Hyperlight.Sdk/0.1.0">
              <PropertyGroup><OutputType>Library</OutputType>{properties}</PropertyGroup>
              <ItemGroup><HyperlightGuest Include="guests/hello.elf" ScratchSize="{scratch}" {metadata}/></ItemGroup>
            </Project>
            """);
        workspace.Write(
            $"../{name}/Api.cs", $"namespace {name}; public static class Api {{ public static string Say() => {Guest}; {Hello} }}");
        workspace.AddGuest("samples/Hello/guests/hello.elf", $"../{name}/guests/hello.elf");
    }

    // A program that prints the texts of its libraries, and the text of the plugin whose path is its argument.
    private static void AddProgram(Workspace workspace, string name, string project)
    {
        workspace.Write($"../{name}/{name}.csproj", project + """
              <ItemGroup><ProjectReference Include="../First/First.csproj;../Second/Second.csproj;../Equal/Equal.csproj" /></ItemGroup>
            </Project>
            """);
        workspace.Write($"../{name}/Plugins.cs", """
            using System.Reflection;
            using System.Runtime.Loader;
            #nullable enable

            internal sealed class Plugins(string path) : AssemblyLoadContext
            {
                private readonly AssemblyDependencyResolver _resolver = new(path);

                protected override Assembly? Load(AssemblyName name) =>
                    _resolver.ResolveAssemblyToPath(name) is { } found ? LoadFromAssemblyPath(found) : null;
            }
            """);
        workspace.Write($"../{name}/Program.cs", """
            System.Console.WriteLine(First.Api.Say());
            System.Console.WriteLine(Second.Api.Say());
            System.Console.WriteLine(Equal.Api.Say());
            foreach (string plugin in args)
            {
                System.Reflection.Assembly assembly = new Plugins(plugin).LoadFromAssemblyPath(plugin);
                System.Console.WriteLine(assembly.GetType("Plugin.Api")!.GetMethod("Say")!.Invoke(null, null));
            }

            """);
    }

    private static string[] Run(Workspace workspace, params string[] command) =>
        workspace.DotNet(command).MustSucceed().Output.TrimEnd().Split('\n');
}
