namespace Hyperlight.Sdk.Tests;

/// <summary>Tests the generated C#.</summary>
public sealed class GenerateTests
{
    private const string Generated = "obj/Debug/net10.0/Guests.g.cs";
    private const string Program = "obj/Debug/net10.0/Guests.Program.g.cs";

    [Fact]
    public void A_program_sees_its_guests_without_a_using()
    {
        using SdkProject project = SdkProject.WithGuest();
        project.Write("Program.cs", "GuestImage image = Guests.Hello; return image.Name.Length;");

        Assert.Empty(project.RestoreAndBuild().Errors);
    }

    [Fact]
    public void The_file_is_written_only_when_it_changes()
    {
        using SdkProject project = SdkProject.WithGuest();
        Assert.True(project.Build("_HyperlightGenerateGuests").Succeeded);
        DateTime before = File.GetLastWriteTimeUtc(project.PathOf(Generated));
        File.SetLastWriteTimeUtc(project.PathOf("guests/hello.elf"), DateTime.UtcNow.AddSeconds(5));

        Assert.True(project.Build("_HyperlightGenerateGuests").Succeeded);
        Assert.Equal(before, File.GetLastWriteTimeUtc(project.PathOf(Generated)));

        project.Write("guests/other.elf", GuestFiles.Amd64());
        Assert.True(project.Build("_HyperlightGenerateGuests").Succeeded);
        Assert.Contains("Other", project.Read(Generated), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("App", "", "namespace App")]
    [InlineData("my-app.2nd", "", "namespace my_app._2nd")]
    [InlineData("App", "<RootNamespace>Acme.Tools</RootNamespace>", "namespace Acme.Tools")]
    [InlineData("App", "<HyperlightNamespace>Acme.Guests</HyperlightNamespace>", "namespace Acme.Guests")]
    [InlineData("My.event", "", "namespace My.@event")]
    [InlineData("Guests", "", "namespace _Guests")]
    [InlineData("Program", "", "namespace _Program")]
    [InlineData("Hyperlight", "", "namespace Hyperlight")]
    public void The_namespace_is_the_projects(string name, string property, string expected)
    {
        using SdkProject project = SdkProject.WithGuest($"<PropertyGroup>{property}</PropertyGroup>", name);
        project.Write("Program.cs", "return Guests.Hello.Name.Length;");

        Assert.Empty(project.RestoreAndBuild().Errors);

        Assert.Contains(expected, project.Read(Generated).Split('\n'));
    }

    [Theory]
    [InlineData("checked", "@checked")]
    [InlineData("My.event.file", "My.@event.@file")]
    [InlineData("My.@event", "My.@event")]
    [InlineData("eventful", "eventful")]
    [InlineData(" My.App ", "My.App")]
    [InlineData("3d.4-u", "_3d._4_u")]
    [InlineData("٣d..é", "_٣d._.é")]
    [InlineData("App.", "App._")]
    [InlineData("", "App")]
    public void Any_namespace_becomes_one_that_csharp_takes(string written, string expected)
    {
        using SdkProject project = SdkProject.WithGuest(
            $"<PropertyGroup><HyperlightNamespace>{written}</HyperlightNamespace></PropertyGroup>");

        Assert.Equal(expected, project.Evaluate().GetPropertyValue("HyperlightNamespace"));
    }

    [Fact]
    public void A_program_of_csharp_12_calls_its_guest_as_one_of_today_does()
    {
        using SdkProject project = SdkProject.WithGuest("<PropertyGroup><LangVersion>12</LangVersion></PropertyGroup>");
        project.Write("Program.cs", """
            using Sandbox sandbox = Guests.Hello.CreateSandbox(options => options.HostFunctions.Add("Now", () => "now"));
            sandbox.Call("Log", new CallOptions { Timeout = TimeSpan.FromSeconds(1) }, "text", 1, true);
            sandbox.Call("Nothing");
            return sandbox.Call<int>("Add", 1, 2L) + await sandbox.CallAsync<int>("None") + ICalculator.For(sandbox).Add(1, 2);

            [GuestInterface]
            internal partial interface ICalculator { int Add(int a, int b); }
            """);

        BuildOutcome outcome = project.RestoreAndBuild();

        Assert.Empty(outcome.Errors);
        Assert.Empty(outcome.Warnings);
    }

    [Fact]
    public void A_library_with_a_namespace_Guests_sees_the_class_in_it()
    {
        using SdkProject project = SdkProject.WithGuest("<PropertyGroup><OutputType>Library</OutputType></PropertyGroup>", "Guests");
        project.Write("Program.cs", "namespace Guests;\npublic static class Greeter { public static string Name => Guests.Hello.Name; }");

        Assert.Empty(project.RestoreAndBuild().Errors);
    }

    [Theory]
    [InlineData("7.3")]
    [InlineData("preview")]
    public void Generated_code_is_of_every_language_version_and_passes_every_analyzer(string version)
    {
        // CA1014 is about the assembly, and every project of the .NET SDK has it.
        using SdkProject project = SdkProject.Empty($"""
              <PropertyGroup>
                <LangVersion>{version}</LangVersion><AnalysisMode>All</AnalysisMode>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors><NoWarn>CA1014</NoWarn>
                <CheckForOverflowUnderflow>true</CheckForOverflowUnderflow><EnforceCodeStyleInBuild>true</EnforceCodeStyleInBuild>
              </PropertyGroup>
            """, "My.checked");
        project.Write("guests/hello.elf", GuestFiles.Amd64());
        project.Write("guests/get-hash-code.elf", GuestFiles.Amd64());

        BuildOutcome outcome = project.RestoreAndBuild();

        Assert.Empty(outcome.Errors);
        Assert.Empty(outcome.Warnings);
    }

    [Fact]
    public void Names_that_mean_something_in_csharp_compile_without_a_warning()
    {
        using SdkProject project = SdkProject.WithGuest("""
              <PropertyGroup>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors><Nullable>disable</Nullable><LangVersion>9</LangVersion>
              </PropertyGroup>
            """);
        foreach (string name in (string[])["class", "to-string", "equals", "32bit", "system", "hyperlight", "open", "value", "a.b_c"])
        {
            project.Write($"guests/{name}.elf", GuestFiles.Amd64());
        }

        project.Write("Program.cs", "return App.Guests.Class == App.Guests.ABC ? 0 : 1;");

        BuildOutcome outcome = project.RestoreAndBuild(("ImplicitUsings", "disable"));

        Assert.Empty(outcome.Errors);
        Assert.Empty(outcome.Warnings);
    }

    [Fact]
    public void A_project_without_csharp_gets_a_program()
    {
        using SdkProject project = SdkProject.Empty();
        project.Write("guests/hello.elf", GuestFiles.Amd64());

        Assert.Empty(project.RestoreAndBuild().Errors);
        Assert.Contains("GuestCommandLine.Run(Guests.Hello, args)", project.Read(Program), StringComparison.Ordinal);

        // A C# file of the project replaces the generated program.
        project.Write("Main.cs", "return 0;");
        Assert.Empty(project.Build("Build").Errors);
        Assert.False(project.Has(Program));
    }

    [Fact]
    public void The_program_of_several_guests_lets_the_first_argument_choose()
    {
        using SdkProject project = SdkProject.Empty();
        project.Write("guests/hello.elf", GuestFiles.Amd64());
        project.Write("guests/Other.elf", GuestFiles.Amd64());

        Assert.Empty(project.RestoreAndBuild().Errors);

        string program = project.Read(Program);
        Assert.Contains("case \"hello\":", program, StringComparison.Ordinal);
        Assert.Contains("case \"other\":", program, StringComparison.Ordinal);
        Assert.Contains("Skip(args, 1)", program, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".vbproj")]
    [InlineData(".fsproj")]
    public void Other_languages_get_images_and_no_csharp(string extension)
    {
        using SdkProject project = SdkProject.Empty(extension: extension);
        project.Write("guests/hello.elf", GuestFiles.Amd64());

        BuildOutcome outcome = project.Build("HyperlightBake");
        BuildOutcome generated = project.Build("_HyperlightGenerateGuests");

        Assert.Empty(outcome.Errors);
        Assert.Single(outcome.Items);
        Assert.True(generated.Succeeded);
        Assert.False(project.Has(Generated));
    }

    [Fact]
    public void Without_the_runtime_there_is_nothing_to_generate()
    {
        using SdkProject project = SdkProject.WithGuest(
            "<PropertyGroup><DisableHyperlightRuntimeReference>true</DisableHyperlightRuntimeReference></PropertyGroup>");

        Assert.Empty(project.RestoreAndBuild().Errors);

        Assert.False(project.Has(Generated));
        Assert.False(project.Has("bin/Debug/net10.0/Hyperlight.Runtime.dll"));
        Assert.NotEmpty(project.FilesBelow("bin/Debug/net10.0/guests/hello"));
    }
}
