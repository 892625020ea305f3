using System.Text.RegularExpressions;
using Hyperlight.Sdk.Tasks.Settings;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tests;

/// <summary>
/// Tests names that nothing reads (HL4025), former names (HL4027, HL4028), and switches that are neither true nor false (HL4015).
/// </summary>
public sealed class NamesTests
{
    [Theory]
    [InlineData("<ItemGroup><HyperlightGuest Update='guests/hello.elf' HeapSiez='1M' /></ItemGroup>", "HeapSize")]
    [InlineData(
        "<ItemGroup><HyperlightGuest Update='guests/hello.elf'><Snapshots>auto</Snapshots></HyperlightGuest></ItemGroup>",
        "Snapshot")]
    [InlineData("<ItemGroup><HyperlightGuest Update='guests/*.elf' HyperlightHeapSize='1M' /></ItemGroup>", "HeapSize")]
    [InlineData("<ItemGroup><HyperlightGuest Update='guests/hello.elf' Timeout='5' /></ItemGroup>", "SnapshotTimeout")]
    [InlineData("<ItemGroup><HyperlightGuest Update='guests/hello.elf' Color='red' /></ItemGroup>", null)]
    [InlineData("<ItemDefinitionGroup><HyperlightGuest><Heap_Size>1M</Heap_Size></HyperlightGuest></ItemDefinitionGroup>", "HeapSize")]
    [InlineData("<ItemGroup><HyperlightGest Include='guests/hello.elf' /></ItemGroup>", "HyperlightGuest")]
    [InlineData("<ItemGroup><HyperligthGuest Include='guests/hello.elf' /></ItemGroup>", "HyperlightGuest")]
    [InlineData("<ItemGroup><HyperlightGuests Include='guests/hello.elf' /></ItemGroup>", "HyperlightGuest")]
    [InlineData("<PropertyGroup><HyperlightHeapSiez>1M</HyperlightHeapSiez></PropertyGroup>", "HyperlightHeapSize")]
    [InlineData("<PropertyGroup><HyprelightHeapSize>1M</HyprelightHeapSize></PropertyGroup>", "HyperlightHeapSize")]
    [InlineData(
        "<PropertyGroup><HyperlightHeapSiez Condition=\"'$(HyperlightHeapSiez)' == ''\">1M</HyperlightHeapSiez></PropertyGroup>",
        "HyperlightHeapSize")]
    [InlineData(
        "<PropertyGroup><HyperlightBakeDependOn>$(HyperlightBakeDependOn);Mine</HyperlightBakeDependOn></PropertyGroup>",
        "HyperlightBakeDependsOn")]
    [InlineData(
        "<PropertyGroup Condition=\"'$(HyperlightSnapsht)' == 'auto'\"><HyperlightHeapSize>1M</HyperlightHeapSize></PropertyGroup>",
        "HyperlightSnapshot")]
    [InlineData("<PropertyGroup Condition='false'><HyperlightSnapshots>auto</HyperlightSnapshots></PropertyGroup>", "HyperlightSnapshot")]
    [InlineData(
        "<PropertyGroup><EnableDefaultHyperlightGuestItem>false</EnableDefaultHyperlightGuestItem></PropertyGroup>",
        "EnableDefaultHyperlightGuestItems")]
    [InlineData("<PropertyGroup><HyperlightColor>red</HyperlightColor></PropertyGroup>", null)]
    public void A_mistyped_name_is_a_warning_at_its_line_that_gives_the_nearest(string body, string? nearest)
    {
        using SdkProject project = SdkProject.WithGuest(body);

        BuildOutcome outcome = Check(project);

        Diagnostic warning = Assert.Single(outcome.Warnings);
        Assert.Equal(("HL4025", project.File, 3), (warning.Code, warning.File, warning.Line));
        if (nearest is null)
        {
            Assert.DoesNotContain("nearest", warning.Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Contains($"; the nearest is {nearest}: ", warning.Message, StringComparison.Ordinal);
        }

        Assert.False(Check(project, ("TreatWarningsAsErrors", "true")).Succeeded);
        Assert.Empty(Check(project, ("NoWarn", "HL4025")).Warnings);
    }

    [Theory]
    [InlineData("<HyperlightGuest Update='guests/helo.elf' HeapSize='1M' />", true)]
    [InlineData("<HyperlightGuest Update='./guests/hello.elf' HeapSize='1M' />", false)]
    [InlineData("<HyperlightGuest Update='guests/helo.elf' HeapSize='1M' Condition='false' />", false)]
    [InlineData("<HyperlightGuest Update='guests/*.bin' HeapSize='1M' />", false)]
    public void An_update_of_no_guest_is_a_warning_at_its_line(string item, bool warns)
    {
        using SdkProject project = SdkProject.WithGuest($"<ItemGroup>{item}</ItemGroup>");

        IReadOnlyList<Diagnostic> warnings = Check(project).Warnings;

        Assert.Equal(warns ? 1 : 0, warnings.Count);
        Assert.All(warnings, warning =>
        {
            Assert.Equal(("HL4026", project.File, 3), (warning.Code, warning.File, warning.Line));
            Assert.Contains("the nearest guest is guests/hello.elf", warning.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void An_update_of_a_guest_that_a_target_writes_is_no_warning()
    {
        using SdkProject project = SdkProject.WithGuest("""
              <ItemGroup><HyperlightGuest Update="guests/late.elf" HeapSize="1M" /></ItemGroup>
              <Target Name="WriteGuest" BeforeTargets="_HyperlightFindGuests">
                <Copy SourceFiles="guests/hello.elf" DestinationFiles="guests/late.elf" />
              </Target>
            """);

        BuildOutcome outcome = project.Build("HyperlightBake");

        Assert.Empty(outcome.Warnings);
        Assert.Equal(["hello", "late"], outcome.Baked.Order());
    }

    [Theory]
    [InlineData(
        "<PropertyGroup><HyperlightSnapshots>1</HyperlightSnapshots><Own Condition=\"'$(HyperlightSnapshots)' == '1' "
            + "and '$(HyperlightSuite)' == '' and '$(hyperlightARCHITECTURE)' == ''\">1</Own></PropertyGroup>")]
    [InlineData("<PropertyGroup><HyperlightVersion>1</HyperlightVersion><Version>$(HyperlightVersion)</Version></PropertyGroup>")]
    [InlineData(
        "<ItemGroup><HyperlightGuest Update='guests/hello.elf' Owner='me' Team='us' /></ItemGroup><Target Name='Own'><Message "
            + "Text='%(HyperlightGuest.Owner) @(HyperlightGuest->&quot;%(Team)&quot;)' /></Target>")]
    [InlineData("<ItemGroup><HyperlightGuest Update='guests/hello.elf' _Owner='me' Link='x' Visible='false' heapsize='1M' /></ItemGroup>")]
    [InlineData("<ItemGroup><HyperlightTest Include='a' /></ItemGroup><Target Name='Own'><Message Text='@(HyperlightTest)' /></Target>")]
    [InlineData(
        "<PropertyGroup><hyperlightheapsize>1M</hyperlightheapsize>"
            + "<HyperlightBakeDependsOn>$(HyperlightBakeDependsOn)</HyperlightBakeDependsOn></PropertyGroup>")]
    public void A_name_that_the_project_reads_itself_is_its_own(string body)
    {
        using SdkProject project = SdkProject.WithGuest(body);

        Assert.Empty(Check(project).Warnings);
    }

    [Fact]
    public void The_files_that_a_project_imports_and_the_command_line_are_looked_at_too()
    {
        using SdkProject project = SdkProject.WithGuest("""<Import Project="$(MSBuildThisFileDirectory)eng/more.props" />""");
        project.Write(
            "Directory.Build.props",
            "<Project>\n<PropertyGroup><HyperlightArchitekture>amd64</HyperlightArchitekture></PropertyGroup>\n</Project>");
        project.Write(
            "eng/more.props",
            "<Project><Import Project='$([MSBuild]::GetPathOfFileAbove(eng.props, $(MSBuildThisFileDirectory)))' /><ItemGroup>\n"
            + "<HyperlightGuset Include='x' /></ItemGroup></Project>");
        project.Write("eng.props", "<Project><PropertyGroup>\n<HyperlightScratchSiz>1M</HyperlightScratchSiz></PropertyGroup></Project>");

        BuildOutcome outcome = Check(project, ("HyperlightSegmentPermision", "Segments"));

        Assert.Equal(
            [("App.csproj", 0), ("Directory.Build.props", 2), ("eng.props", 2), ("more.props", 2)],
            outcome.Warnings.Select(warning => (Path.GetFileName(warning.File), warning.Line)).Order());
    }

    [Theory]
    [InlineData("<ItemGroup><HyperlightGuest Update='guests/hello.elf' Layout='i686' /></ItemGroup>", "Architecture", "HL2001")]
    [InlineData(
        "<ItemDefinitionGroup><HyperlightGuest><Layout>i686</Layout></HyperlightGuest></ItemDefinitionGroup>",
        "Architecture",
        "HL2001")]
    [InlineData("<ItemGroup><HyperlightGuest Update='guests/hello.elf' Permissions='none' /></ItemGroup>", "SegmentPermissions", "HL4004")]
    [InlineData("<PropertyGroup><HyperlightLayout>i686</HyperlightLayout></PropertyGroup>", "HyperlightArchitecture", "HL2001")]
    [InlineData(
        "<PropertyGroup><HyperlightPermissions>none</HyperlightPermissions></PropertyGroup>",
        "HyperlightSegmentPermissions",
        "HL4004")]
    public void A_former_name_is_read_with_one_warning_at_its_line_that_gives_the_name(string body, string name, string code)
    {
        using SdkProject project = SdkProject.WithGuest(body);

        BuildOutcome outcome = project.Build("HyperlightBake");

        Diagnostic warning = Assert.Single(outcome.Warnings);
        Assert.Equal(("HL4027", project.File, 3), (warning.Code, warning.File, warning.Line));
        Assert.Contains($"has been replaced: write {name}. Hyperlight.Sdk 1.0", warning.Message, StringComparison.Ordinal);
        Assert.Equal([code], outcome.Errors.Select(error => error.Code));
        Assert.False(Check(project, ("TreatWarningsAsErrors", "true")).Succeeded);
        Assert.True(Check(project, ("TreatWarningsAsErrors", "true"), ("NoWarn", "HL4027")).Succeeded);
        Assert.Empty(Check(project, ("NoWarn", "HL4027")).Warnings);
    }

    [Theory]
    [InlineData("<ItemGroup><HyperlightGuest Update='guests/*.elf' Architecture='amd64' Layout='i686' /></ItemGroup>")]
    [InlineData(
        "<PropertyGroup><HyperlightSegmentPermissions>Segments</HyperlightSegmentPermissions>"
            + "<HyperlightPermissions>Upstream</HyperlightPermissions></PropertyGroup>")]
    public void A_former_name_that_differs_from_the_name_is_an_error_at_its_line(string body)
    {
        using SdkProject project = SdkProject.WithGuest(body);

        BuildOutcome outcome = project.Build("HyperlightBake");

        Diagnostic error = Assert.Single(outcome.Errors);
        Assert.Equal(("HL4028", project.File, 3), (error.Code, error.File, error.Line));
        Assert.Empty(outcome.Warnings);
        Assert.Empty(project.FilesBelow("obj"));
    }

    [Theory]
    [InlineData("<ItemGroup><HyperlightGuest Update='guests/*.elf' Architecture='amd64' Layout='AMD64' /></ItemGroup>", 1)]
    [InlineData(
        "<PropertyGroup><HyperlightLayout>i686</HyperlightLayout></PropertyGroup><ItemGroup><HyperlightGuest Update='guests/*.elf' "
            + "Architecture='amd64' /></ItemGroup>",
        1)]
    [InlineData(
        "<PropertyGroup><HyperlightArchitecture>i686</HyperlightArchitecture></PropertyGroup><ItemGroup><HyperlightGuest "
            + "Update='guests/*.elf' Layout='amd64' /></ItemGroup>",
        1)]
    [InlineData(
        "<PropertyGroup><HyperlightArchitecture>i686</HyperlightArchitecture></PropertyGroup><ItemGroup><HyperlightGuest "
            + "Update='guests/*.elf' Architecture='amd64' /></ItemGroup>",
        0)]
    public void Metadata_counts_before_a_property_whichever_has_a_former_name(string body, int warnings)
    {
        using SdkProject project = SdkProject.WithGuest(body);

        BuildOutcome outcome = project.Build("HyperlightBake");

        Assert.Equal(["hello"], outcome.Baked);
        Assert.Equal(warnings, outcome.Warnings.Count);
    }

    [Theory]
    [InlineData("%(HyperlightImage.Sha256)", "Digest")]
    [InlineData("@(HyperlightImage->'%(SnapshotSha256)')", "SnapshotDigest")]
    [InlineData("%(HyperlightImage.GuestSha256)", null)]
    [InlineData("@(Other->'%(Sha256)')", null)]
    public void A_former_metadata_of_an_image_that_a_project_reads_is_a_warning(string text, string? name)
    {
        using SdkProject project = SdkProject.WithGuest(
            $"""<Target Name="Own" DependsOnTargets="HyperlightBake"><Message Text="{text}" /></Target>""");

        Assert.Equal(name is null ? [] : [("HL4027", 3)], Check(project).Warnings.Select(warning => (warning.Code, warning.Line)));
    }

    [Theory]
    [InlineData("HyperlightGenerateGuests")]
    [InlineData("HyperlightGenerateProgram")]
    [InlineData("EnableDefaultHyperlightGuestItems")]
    [InlineData("DisableHyperlightRuntimeReference")]
    public void A_switch_is_true_or_false_with_or_without_spaces(string name)
    {
        using SdkProject project = SdkProject.WithGuest($"<PropertyGroup><{name}> nope </{name}></PropertyGroup>");

        Diagnostic error = Assert.Single(Check(project).Errors);

        Assert.Equal(("HL4015", project.File, 3), (error.Code, error.File, error.Line));
        Assert.StartsWith($"{name}: \"nope\" is neither true nor false", error.Message, StringComparison.Ordinal);
        project.SetBody($"<PropertyGroup><{name}> False </{name}></PropertyGroup>");
        Assert.True(Check(project).Succeeded);
        Assert.Equal("False", project.Evaluate().GetPropertyValue(name));
    }

    [Fact]
    public void Spaces_around_a_value_mean_nothing()
    {
        using SdkProject project = SdkProject.WithGuest("""
              <PropertyGroup>
                <HyperlightArchitecture> amd64 </HyperlightArchitecture><HyperlightSnapshot> False </HyperlightSnapshot>
              </PropertyGroup>
              <ItemGroup>
                <HyperlightGuest Update="guests/hello.elf" Name=" hello " HeapSize=" 1M " InitData=" init.bin " InitDataPermissions=" RW "
                                 ExecutableHeap=" true " SegmentPermissions=" upstream "
                                 SnapshotTimeout=" 5 " HostFunctions=" " />
              </ItemGroup>
            """);
        project.Write("init.bin", "1");

        BuildOutcome outcome = project.Build("HyperlightBake");

        Assert.Empty(outcome.Errors);
        ITaskItem image = Assert.Single(outcome.Items);
        Assert.Equal("hello", image.GetMetadata("Name"));
    }

    [Fact]
    public void The_targets_read_no_other_properties_than_the_known_ones()
    {
        string sdk = Path.Combine(SdkProject.HelpRoot, "sdk");
        string targets = string.Concat(Directory.EnumerateFiles(sdk, "*.*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".props" or ".targets" && !file.Contains("/obj/", StringComparison.Ordinal))
            // The SDK of guests has no check of names.
            .Where(file => !file.StartsWith(Path.Combine(sdk, "csharp"), StringComparison.Ordinal))
            .Select(File.ReadAllText));
        string[] read = [.. Regex.Matches(targets, @"\$\((?!_)(\w*Hyperlight\w*)").Select(match => match.Groups[1].Value).Distinct()];

        Assert.Equal(read.Order(), read.Intersect([.. KnownNames.Properties, .. KnownNames.FormerProperties]).Order());
        Assert.Equal([], KnownNames.Properties.Except([.. read, "UsingHyperlightSdk"]));
    }

    private static BuildOutcome Check(SdkProject project, params (string, string)[] properties) =>
        project.Build("_HyperlightCheckNames", properties);
}
