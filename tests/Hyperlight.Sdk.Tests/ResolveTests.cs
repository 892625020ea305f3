namespace Hyperlight.Sdk.Tests;

/// <summary>Tests settings of guests that are wrong: HL4001 to HL4007, HL4015 to HL4017.</summary>
public sealed class ResolveTests
{
    [Theory]
    [InlineData("HL4001", "<HyperlightGuest Include='guests/helo.elf' />", "hello.elf")]
    [InlineData("HL4001", "<HyperlightGuest Include='guests' Name='folder' />", "is a folder")]
    [InlineData("HL4001", "<HyperlightGuest Include='elsewhere/hello.elf' />", "elsewhere")]
    [InlineData("HL4002", "<HyperlightGuest Include='guests/hello.elf' HeapSize='64Q' />", "HeapSize of guest 'hello': \"64Q\"")]
    [InlineData("HL4002", "<HyperlightGuest Include='guests/hello.elf' ScratchSize='-1' />", "ScratchSize")]
    [InlineData("HL4002", "<HyperlightGuest Include='guests/hello.elf' InputBufferSize='1 M' />", "InputBufferSize")]
    [InlineData("HL4002", "<HyperlightGuest Include='guests/hello.elf' OutputBufferSize='0x' />", "OutputBufferSize")]
    [InlineData("HL4003", "<HyperlightGuest Include='guests/hello.elf' Architecture='arm64' />", "amd64 and i686")]
    [InlineData("HL4004", "<HyperlightGuest Include='guests/hello.elf' SegmentPermissions='rwx' />", "Segments and Upstream")]
    [InlineData(
        "HL4004",
        "<HyperlightGuest Include='guests/hello.elf' InitDataPermissions='w' />",
        "InitDataPermissions of guest 'hello': \"w\" is not a set of permissions; there are r, rw, rx and rwx")]
    [InlineData(
        "HL4015",
        "<HyperlightGuest Include='guests/hello.elf' ExecutableHeap='yes' />",
        "ExecutableHeap of guest 'hello': \"yes\"")]
    [InlineData(
        "HL4015",
        "<HyperlightGuest Include='guests/hello.elf' HardwareInterrupts='1' />",
        "HardwareInterrupts of guest 'hello': \"1\"")]
    [InlineData("HL4005", "<HyperlightGuest Include='guests/hello.elf' Name='../hello' />", "'../hello'")]
    [InlineData("HL4005", "<HyperlightGuest Include='guests/hello.elf' Name='guests' />", "'guests'")]
    [InlineData("HL4006", "<HyperlightGuest Include='guests/other.elf' Name='HELLO' />", "guests/other.elf")]
    [InlineData("HL4006", "<HyperlightGuest Include='guests/other.elf' Name='hel-lo' />", "both called HelLo")]
    [InlineData("HL4007", "<HyperlightGuest Include='guests/hello.elf' InitData='init.bin' />", "does not exist: correct the path")]
    [InlineData(
        "HL4016",
        "<HyperlightGuest Include='guests/hello.elf' FileMappings='guests/hello.elf' />",
        "\"guests/hello.elf\" is not a file mapping")]
    [InlineData("HL4016", "<HyperlightGuest Include='guests/hello.elf' FileMappings='a=guests/hello.elf@2' />", "a multiple of 0x1000")]
    [InlineData(
        "HL4016",
        "<HyperlightGuest Include='guests/hello.elf' FileMappings='=guests/hello.elf@0x1000' />",
        "is not a file mapping")]
    [InlineData("HL4016", "<HyperlightGuest Include='guests/hello.elf' FileMappings='a=@0x1000' />", "is not a file mapping")]
    [InlineData(
        "HL4016",
        "<HyperlightGuest Include='guests/hello.elf' FileMappings='a/b=guests/hello.elf@0x1000' />",
        "is not a file mapping")]
    [InlineData(
        "HL4016",
        "<HyperlightGuest Include='guests/hello.elf' FileMappings='a=guests/hello.elf@0x1000;A=guests/hello.elf@0x2000' />",
        "one mapping too many")]
    [InlineData(
        "HL4017",
        "<HyperlightGuest Include='guests/hello.elf' FileMappings='a=guests/no.img@0x80000000' />",
        "no.img' for the label 'a'")]
    public void A_wrong_item_is_one_coded_error_at_its_line(string code, string item, string text)
    {
        using SdkProject project = SdkProject.WithGuest($"""
              <PropertyGroup>
                <EnableDefaultHyperlightGuestItems>{(code == "HL4006" ? "true" : "false")}</EnableDefaultHyperlightGuestItems>
              </PropertyGroup>
              <ItemGroup>
                {item}
              </ItemGroup>
            """);
        if (code == "HL4006")
        {
            project.Write("guests/other.elf", GuestFiles.Amd64());
        }

        BuildOutcome outcome = project.Build("HyperlightBake");

        Assert.False(outcome.Succeeded);
        Diagnostic error = Assert.Single(outcome.Errors);
        Assert.Equal(code, error.Code);
        Assert.Equal(project.File, error.File);
        Assert.Equal(7, error.Line);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        Assert.Empty(outcome.Warnings);
        Assert.Empty(project.FilesBelow("obj"));
    }

    [Theory]
    [InlineData("HyperlightHeapSize", "lots", "HL4002")]
    [InlineData("HyperlightScratchSize", "1.5M", "HL4002")]
    [InlineData("HyperlightInputBufferSize", "16 kB", "HL4002")]
    [InlineData("HyperlightOutputBufferSize", "?", "HL4002")]
    [InlineData("HyperlightArchitecture", "x64", "HL4003")]
    [InlineData("HyperlightSegmentPermissions", "all", "HL4004")]
    [InlineData("HyperlightInitDataPermissions", "r-x", "HL4004")]
    [InlineData("HyperlightExecutableHeap", "1", "HL4015")]
    public void A_wrong_property_is_one_coded_error_at_its_line_for_all_guests(string name, string value, string code)
    {
        using SdkProject project = SdkProject.WithGuest($"""
              <PropertyGroup>
                <{name}>{value}</{name}>
              </PropertyGroup>
            """);
        project.Write("guests/other.elf", GuestFiles.Amd64());

        Diagnostic error = Assert.Single(project.Build("HyperlightBake").Errors);

        Assert.Equal((code, project.File, 4), (error.Code, error.File, error.Line));
        Assert.StartsWith($"{name}: \"{value}\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_wrong_is_reported_in_one_run_before_anything_is_baked()
    {
        using SdkProject project = SdkProject.WithGuest("""
              <ItemGroup>
                <HyperlightGuest Include="guests/hello.elf" />
                <HyperlightGuest Include="guests/missing.elf" HeapSize="big" Architecture="vax" SegmentPermissions="none"
                                 InitData="no.bin" />
                <HyperlightGuest Include="guests/hello32.elf" Name="-" />
              </ItemGroup>
            """);
        project.Write("guests/hello32.elf", GuestFiles.I686());

        BuildOutcome outcome = project.Build("HyperlightBake");

        Assert.Equal(["HL4001", "HL4002", "HL4003", "HL4004", "HL4005", "HL4007"], outcome.Errors.Select(error => error.Code).Order());
        Assert.Empty(project.FilesBelow("obj"));
    }

    [Fact]
    public void An_error_links_to_the_page_of_its_code()
    {
        using SdkProject project = SdkProject.WithGuest("<ItemGroup><HyperlightGuest Include='guests/no.elf' /></ItemGroup>");

        Diagnostic error = Assert.Single(project.Build("HyperlightBake").Errors);

        Uri link = new(error.HelpLink);
        Assert.True(link.IsFile);
        Assert.Equal(Path.Combine(SdkProject.HelpRoot, "docs", "diagnostics", "HL4001.md"), link.LocalPath);
        Assert.True(File.Exists(link.LocalPath));
    }

    [Fact]
    public void Metadata_wins_over_the_property_and_the_property_over_nothing()
    {
        using SdkProject project = SdkProject.WithGuest("""
              <PropertyGroup><HyperlightHeapSize>64K</HyperlightHeapSize></PropertyGroup>
              <ItemGroup><HyperlightGuest Include="guests/other.elf" HeapSize="0x20000" /></ItemGroup>
            """);
        project.Write("guests/other.elf", GuestFiles.Amd64());

        Assert.True(project.Build("HyperlightBake").Succeeded);

        Assert.Contains("HeapSize 64K,", project.Read("obj/Debug/net10.0/hyperlight/.state/hello.baked"), StringComparison.Ordinal);
        Assert.Contains("HeapSize 128K,", project.Read("obj/Debug/net10.0/hyperlight/.state/other.baked"), StringComparison.Ordinal);
    }
}
