namespace Hyperlight.EndToEnd.Tests;

/// <summary>Tests a guest in C# in a folder with an unusual name, with the settings of a strict repository.</summary>
public sealed class CSharpGuestFolderTests(PackageFolder packages)
{
    [Fact]
    public void A_guest_builds_in_a_strict_repository_whose_folder_has_spaces_and_other_letters()
    {
        CSharpGuests.Require();
        using Workspace workspace = CSharpGuests.Create(packages, $"Größe & mehr, (x) {new string('l', 200)}");
        workspace.Write("Directory.Build.props", """
            <Project>
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <UseArtifactsOutput>true</UseArtifactsOutput>
                <RestorePackagesWithLockFile>true</RestorePackagesWithLockFile>
              </PropertyGroup>
            </Project>
            """);
        workspace.Write("Directory.Packages.props", """
            <Project>
              <PropertyGroup>
                <ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally>
                <CentralPackageTransitivePinningEnabled>true</CentralPackageTransitivePinningEnabled>
              </PropertyGroup>
              <ItemGroup><PackageVersion Include="Hyperlight.Abstractions" Version="0.1.0" /></ItemGroup>
            </Project>
            """);
        workspace.Write("App/App.csproj", """
            <Project Sdk="Hyperlight.Sdk/0.1.0">
              <ItemGroup><HyperlightGuestProject Include="../The guest/The guest.csproj" Name="guest" /></ItemGroup>
            </Project>
            """);
        workspace.Write("App/Program.cs", "Console.WriteLine(Guests.Guest.Name);");
        workspace.Write("The guest/The guest.csproj", """
            <Project Sdk="Hyperlight.Guest.Sdk/0.1.0">
              <ItemGroup><ProjectReference Include="../Shared/Shared.csproj" /></ItemGroup>
            </Project>
            """);
        workspace.Write("The guest/Greeter.cs", """
            [GuestExport]
            internal sealed partial class Greeter : IGreeter { public string Greet(string name) => "Hello, " + name; }
            """);
        workspace.Write("Shared/Shared.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <ItemGroup><PackageReference Include="Hyperlight.Abstractions" /></ItemGroup>
            </Project>
            """);
        workspace.Write("Shared/IGreeter.cs", "[Hyperlight.GuestInterface] public interface IGreeter { string Greet(string name); }");
        workspace.DotNet("new", "sln", "--format", "sln", "--name", "All").MustSucceed();
        workspace.DotNet("sln", "All.sln", "add", "App", "The guest", "Shared").MustSucceed();

        workspace.Build("build", "All.sln").MustSucceed();
        workspace.Build("restore", "All.sln", "--locked-mode", "--force").MustSucceed();
        BuildLog second = workspace.Build("build", "App", "--no-restore").MustSucceed().Log!;

        Assert.Equal((0, 0), (second.Count("Exec"), second.Count("LinkGuest")));
        Assert.True(File.Exists(workspace.PathOf("The guest/packages.lock.json")));
        Assert.Equal("guest", workspace.Run(workspace.PathOf("artifacts/bin/App/debug/App")).MustSucceed().Output.Trim());

        // A warning of the compiler is an error, and the only one.
        workspace.Write("The guest/Unused.cs", "class Unused { private int _x; }");
        DotNetResult strict = workspace.Build("build", "App", "--no-restore");
        Assert.Equal("CS0169", Assert.Single(strict.Log!.Errors).Code);
    }
}
