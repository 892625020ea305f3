using Microsoft.Build.Execution;

namespace Hyperlight.Sdk.Tests;

/// <summary>
/// Tests <c>HyperlightGuestProject</c> items. The guest's project is one that says where its ELF file is, as projects of
/// Hyperlight.Guest.Sdk do, and compiles nothing.
/// </summary>
public sealed class GuestProjectTests
{
    // The stand-in for the guest's project is not asked for its frameworks.
    private const string Reference =
        "<ProjectReference Include='Guest/Orders.Guest.csproj' SkipGetTargetFrameworkProperties='true' />";

    [Fact]
    public void The_guest_of_a_project_is_baked_once_and_again_when_its_elf_file_changes()
    {
        using SdkProject project = WithGuestProject();

        Assert.Equal(["Orders.Guest"], project.Build("HyperlightBake").Baked);
        Assert.Empty(project.Build("HyperlightBake").Baked);
        project.Write("Guest/guest.elf", GuestFiles.Amd64(fill: 0x90));

        Assert.Equal(["Orders.Guest"], project.Build("HyperlightBake").Baked);
    }

    [Theory]
    [InlineData("", "", "1M", "64M", "auto")]
    [InlineData("", " HeapSize='2M' ScratchSize='32M' Snapshot='false'", "2M", "32M", "false")]
    [InlineData(
        "<HyperlightHeapSize>3M</HyperlightHeapSize><HyperlightScratchSize>16M</HyperlightScratchSize>"
            + "<HyperlightSnapshot>false</HyperlightSnapshot>",
        "", "", "", "")]
    public void A_guest_in_csharp_has_sizes_that_suffice_unless_the_project_sets_them(
        string properties,
        string metadata,
        string heap,
        string scratch,
        string snapshot)
    {
        using SdkProject project = WithGuestProject(metadata, properties);

        ProjectItemInstance guest = Assert.Single(project.Evaluate().GetItems("HyperlightGuest"));

        Assert.Equal(
            ("Orders.Guest", heap, scratch, snapshot),
            (guest.GetMetadataValue("Name"), guest.GetMetadataValue("HeapSize"), guest.GetMetadataValue("ScratchSize"),
                guest.GetMetadataValue("Snapshot")));
    }

    [Fact]
    public void Properties_of_a_command_for_the_program_do_not_reach_the_guest()
    {
        using SdkProject project = WithGuestProject();

        BuildOutcome outcome = project.Build("HyperlightBake", ("OutDir", "out/"), ("PublishDir", "out/"), ("_IsPublishing", "true"));

        Assert.Equal(["Orders.Guest"], outcome.Baked);
        Assert.Empty(project.Read("Guest/built.txt").Trim());
    }

    [Fact]
    public void Without_a_build_of_the_program_the_guest_is_not_built_either()
    {
        using SdkProject project = WithGuestProject();

        BuildOutcome outcome = project.Build("HyperlightBake", ("NoBuild", "true"));

        Assert.Equal(["Orders.Guest"], outcome.Baked);
        Assert.False(project.Has("Guest/built.txt"));
    }

    [Fact]
    public void A_project_that_is_no_guest_is_HL4029()
    {
        using SdkProject project = WithGuestProject();
        project.Write("Guest/Orders.Guest.csproj", "<Project><Target Name=\"Build\" /><Target Name=\"GetTargetPath\" /></Project>");

        BuildOutcome outcome = project.Build("HyperlightBake");

        Diagnostic error = Assert.Single(outcome.Errors);
        Assert.Equal(("HL4029", project.File, 3), (error.Code, error.File, error.Line));
        Assert.Contains("'Guest/Orders.Guest.csproj' is no project of Hyperlight.Guest.Sdk", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("/docs/diagnostics/HL4029.md", error.HelpLink, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Guest/Orders.csproj", "does not exist: correct the path.")]
    [InlineData("Guest", "is a folder: name the project file in the folder.")]
    public void A_project_that_does_not_exist_is_HL4029_and_no_warning(string path, string expected)
    {
        using SdkProject project = WithGuestProject();
        project.SetBody(
            "  <ItemGroup>\n"
                + "    <HyperlightGuestProject Include='Guest/Orders.Guest.csproj' />\n"
                + $"    <HyperlightGuestProject Include='{path}' Name='second' />\n"
                + "  </ItemGroup>");

        BuildOutcome outcome = project.Build("HyperlightBake");

        Diagnostic error = Assert.Single(outcome.Errors);
        Assert.Equal(("HL4029", project.File, 5), (error.Code, error.File, error.Line));
        Assert.Equal($"HyperlightGuestProject '{path}' {expected}", error.Message);
        Assert.Empty(outcome.Warnings);
    }

    [Fact]
    public void A_guest_that_is_a_ProjectReference_is_HL4031()
    {
        using SdkProject project = WithGuestProject();
        project.SetBody($"<ItemGroup>{Reference}</ItemGroup>");

        Diagnostic error = Assert.Single(project.Build("ResolveReferences").Errors);

        Assert.Equal(("HL4031", project.File), (error.Code, error.File));
        Assert.Equal(
            "ProjectReference 'Orders.Guest' is a guest in C#, not a library of this program: use HyperlightGuestProject.", error.Message);
    }

    [Fact]
    public void A_project_that_is_a_HyperlightGuest_is_HL4031()
    {
        using SdkProject project = WithGuestProject();
        project.SetBody("<ItemGroup><HyperlightGuest Include='Guest/Orders.Guest.csproj' /></ItemGroup>");

        Diagnostic error = Assert.Single(project.Build("HyperlightBake").Errors);

        Assert.Equal("HL4031", error.Code);
        Assert.StartsWith("HyperlightGuest 'Guest/Orders.Guest.csproj' is a project", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_guest_may_be_a_library_of_the_program_as_well()
    {
        using SdkProject project = WithGuestProject();
        project.SetBody($"<ItemGroup>{Reference}<HyperlightGuestProject Include='Guest/Orders.Guest.csproj' /></ItemGroup>");

        Assert.Empty(project.Build("ResolveReferences").Errors);
    }

    [Fact]
    public void The_sources_of_a_guest_in_a_folder_below_are_not_compiled_into_the_program()
    {
        using SdkProject project = WithGuestProject();
        project.Write("Guest/Orders.cs", "not C#");
        project.Write("Guest/obj/Orders.cs", "not C#");

        BuildOutcome outcome = project.Build("Build");

        Assert.Empty(outcome.Errors);
    }

    [Theory]
    [InlineData("HeapSize='2X'", "HL4002")]
    [InlineData("ScratchSize='64K'", "HL2007")]
    [InlineData("Snapshot='sometimes'", "HL4011")]
    [InlineData("Name='con'", "HL4005")]
    [InlineData("InitData='init.bin'", "HL4007")]
    public void A_mistake_in_an_item_is_one_error_at_its_line(string metadata, string code)
    {
        using SdkProject project = WithGuestProject(" " + metadata);

        BuildOutcome outcome = project.Build("HyperlightBake");

        Diagnostic error = Assert.Single(outcome.Errors);
        Assert.Equal((code, project.File, 3), (error.Code, error.File, error.Line));
        Assert.Empty(outcome.Warnings);
    }

    [Theory]
    [InlineData("<HyperlightGuestProject Include='Guest/Orders.Guest.csproj' HeapSise='2M' />", "HL4025", "The metadata HeapSise of ")]
    [InlineData(
        "<HyperlightGuestProject Include='Guest/Orders.Guest.csproj' /><HyperlightGuestProject Update='Guest/Orders.csproj' />",
        "HL4026", "The update of ")]
    public void A_name_without_a_meaning_is_a_warning_at_its_line(string items, string code, string start)
    {
        using SdkProject project = WithGuestProject();
        project.SetBody($"<ItemGroup>{items}</ItemGroup>");

        BuildOutcome outcome = project.Build("HyperlightBake");

        Assert.Empty(outcome.Errors);
        Diagnostic warning = Assert.Single(outcome.Warnings);
        Assert.Equal((code, project.File, 3), (warning.Code, warning.File, warning.Line));
        Assert.StartsWith(start + "HyperlightGuestProject 'Guest/Orders", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_guests_of_one_name_are_HL4006_at_the_second_and_another_name_makes_them_two_images()
    {
        using SdkProject project = WithGuestProject();
        project.Write("Other/Orders.Guest.csproj", project.Read("Guest/Orders.Guest.csproj"));
        project.Write("Other/guest.elf", GuestFiles.Amd64(fill: 0x90));
        SetSecond("");

        Diagnostic error = Assert.Single(project.Build("HyperlightBake").Errors);

        Assert.Equal(("HL4006", project.File, 5), (error.Code, error.File, error.Line));
        Assert.Contains("'Guest/Orders.Guest.csproj' and 'Other/Orders.Guest.csproj'", error.Message, StringComparison.Ordinal);
        SetSecond(" Name='second'");
        Assert.Equal(["Orders.Guest", "second"], project.Build("HyperlightBake").Baked.Order());
        Assert.Equal(GuestFiles.Amd64(fill: 0x90), File.ReadAllBytes(project.PathOf("obj/Debug/net10.0/guests/second.elf")));

        void SetSecond(string metadata) => project.SetBody(
            "  <ItemGroup>\n"
                + "    <HyperlightGuestProject Include='Guest/Orders.Guest.csproj' />\n"
                + $"    <HyperlightGuestProject Include='Other/Orders.Guest.csproj'{metadata} />\n"
                + "  </ItemGroup>");
    }

    [Fact]
    public void Another_size_bakes_again_without_another_guest()
    {
        using SdkProject project = WithGuestProject();
        project.Build("HyperlightBake");
        DateTime built = File.GetLastWriteTimeUtc(project.PathOf("obj/Debug/net10.0/guests/Orders.Guest.elf"));
        project.SetBody("<ItemGroup><HyperlightGuestProject Include='Guest/Orders.Guest.csproj' HeapSize='2M' /></ItemGroup>");

        Assert.Equal(["Orders.Guest"], project.Build("HyperlightBake").Baked);
        Assert.Equal(built, File.GetLastWriteTimeUtc(project.PathOf("obj/Debug/net10.0/guests/Orders.Guest.elf")));
    }

    [Fact]
    public void A_design_time_build_has_the_class_and_builds_no_guest()
    {
        using SdkProject project = WithGuestProject();

        BuildOutcome outcome = project.Build("_HyperlightGenerateGuests", ("DesignTimeBuild", "true"));

        Assert.True(outcome.Succeeded);
        Assert.Contains("OrdersGuest", project.Read("obj/Debug/net10.0/Guests.g.cs"), StringComparison.Ordinal);
        Assert.False(project.Has("Guest/built.txt"));
    }

    [Fact]
    public void Editors_look_at_the_file_that_the_guest_builds_and_watchers_at_no_output()
    {
        using SdkProject project = WithGuestProject();

        ProjectInstance seen = project.Evaluate();

        Assert.Contains(
            "Guest/bin/Debug/net10.0/Orders.Guest.elf", seen.GetItems("UpToDateCheckInput").Select(item => item.EvaluatedInclude));
        Assert.Empty(seen.GetItems("Watch"));
    }

    [Theory]
    [InlineData("<TargetFramework>net9.0</TargetFramework>", "'net9.0'")]
    [InlineData("<TargetFramework>net10.0-windows</TargetFramework>", "'net10.0-windows'")]
    [InlineData("<TargetFrameworks>net10.0;net8.0</TargetFrameworks>", "'net10.0;net8.0'")]
    public void A_guest_for_another_framework_is_HL4030(string property, string expected)
    {
        using SdkProject project = Guest($"<PropertyGroup>{property}</PropertyGroup>");

        Diagnostic error = Assert.Single(project.Build("_HyperlightCheckGuestProject").Errors);

        Assert.Equal(("HL4030", project.File), (error.Code, error.File));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal("net10.0", project.Evaluate().GetPropertyValue("TargetFramework"));
        Assert.Empty(project.Build("_HyperlightCheckGuestProject", ("MSBuildIsRestoring", "true")).Errors);
    }

    [Fact]
    public void The_platform_of_a_guest_is_the_same_whatever_the_command_says()
    {
        using SdkProject project = Guest();

        ProjectInstance guest = project.Evaluate(
            ("TargetFramework", "net9.0"), ("RuntimeIdentifier", "win-x64"), ("PublishAot", "false"), ("OutputType", "Exe"));

        Assert.Equal("linux-x64", guest.GetPropertyValue("RuntimeIdentifier"));
        Assert.Equal("true", guest.GetPropertyValue("PublishAot"));
        Assert.Equal("Library", guest.GetPropertyValue("OutputType"));
        Assert.Equal("net10.0", guest.GetPropertyValue("TargetFramework"));
    }

    // The body of the file stands for an SDK that bundles another version.
    [Theory]
    [InlineData("linux-x64")]
    [InlineData("osx-arm64")]
    [InlineData("win-x64")]
    public void The_native_compiler_is_that_of_the_machine_and_has_the_tested_version(string machine)
    {
        using SdkProject project = Guest("""
            <PropertyGroup>
              <AfterMicrosoftNETSdkTargets>$(MSBuildProjectDirectory)/other.targets</AfterMicrosoftNETSdkTargets>
            </PropertyGroup>
            <Target Name="Packs" DependsOnTargets="ProcessFrameworkReferences" Returns="@(PackageDownload->'%(Identity) %(Version)')" />
            """);
        project.Write("other.targets", """
            <Project>
              <ItemGroup>
                <KnownILCompilerPack Update="@(KnownILCompilerPack)" ILCompilerPackVersion="10.0.99" />
                <KnownFrameworkReference Update="@(KnownFrameworkReference)"
                                         LatestRuntimeFrameworkVersion="10.0.99" DefaultRuntimeFrameworkVersion="10.0.99" />
              </ItemGroup>
            </Project>
            """);

        BuildOutcome outcome = project.Build(
            "Packs",
            ("NETCoreSdkRuntimeIdentifier", machine),
            ("NETCoreSdkPortableRuntimeIdentifier", machine),
            ("RuntimeFrameworkVersion", "10.0.98"));

        Assert.Equal(
            ["Microsoft.NETCore.App.Runtime.NativeAOT.linux-x64 [10.0.12]", $"runtime.{machine}.Microsoft.DotNet.ILCompiler [10.0.12]"],
            outcome.Items.Select(item => item.ItemSpec).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_compiler_gets_the_functions_of_the_kit_by_name_so_that_a_new_one_compiles_the_guest_again()
    {
        using SdkProject project = Guest(
            "<Target Name='Functions' DependsOnTargets='_HyperlightReadFunctions' Returns='@(DirectPInvoke)' />");
        project.Write("kit/functions.txt", "library!first\nlibrary!second\n");

        BuildOutcome outcome = project.Build("Functions", ("HyperlightGuestKit", project.PathOf("kit/")));

        Assert.Equal(
            ["library!first", "library!second"],
            outcome.Items.Select(item => item.ItemSpec)
            .Where(name => name.Contains('!', StringComparison.Ordinal)));
    }

    private static SdkProject Guest(string body = "")
    {
        SdkProject project = SdkProject.Empty();
        project.Write(Path.GetFileName(project.File), $"""
            <Project>
              <Import Project="{SdkProject.HelpRoot}sdk/csharp/Sdk/Sdk.props" />
              {body}
              <Import Project="{SdkProject.HelpRoot}sdk/csharp/Sdk/Sdk.targets" />
            </Project>
            """);
        return project;
    }

    // The guest's project writes the properties of the program that must not reach it.
    private static SdkProject WithGuestProject(string metadata = "", string properties = "")
    {
        SdkProject project = SdkProject.Empty(
            $"<PropertyGroup>{properties}</PropertyGroup>"
                + $"<ItemGroup><HyperlightGuestProject Include='Guest/Orders.Guest.csproj'{metadata} /></ItemGroup>");
        project.Write("Program.cs", "return 0;");
        project.Write("Guest/guest.elf", GuestFiles.Amd64());
        project.Write("Guest/Orders.Guest.csproj", """
            <Project DefaultTargets="Build">
              <Target Name="Build" Returns="@(Built)">
                <WriteLinesToFile File="built.txt" Lines="$(OutDir)$(PublishDir)$(_IsPublishing)" Overwrite="true" />
                <ItemGroup>
                  <Built Include="guest.dll" HyperlightGuestElf="$(MSBuildProjectDirectory)/guest.elf" />
                </ItemGroup>
              </Target>
              <Target Name="GetTargetPath" Returns="@(Known)">
                <ItemGroup>
                  <Known Include="guest.dll" HyperlightGuestElf="$(MSBuildProjectDirectory)/guest.elf" />
                </ItemGroup>
              </Target>
            </Project>
            """);
        Assert.True(project.Build("Restore", ("MSBuildRestoreSessionId", Guid.NewGuid().ToString())).Succeeded);
        return project;
    }
}
