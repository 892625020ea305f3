namespace Hyperlight.Sdk.Tasks.Tests;

[Trait("Wine", "yes")]
public sealed class ProjectLinesTests : IDisposable
{
    private readonly TaskBench _bench = new();

    [Theory]
    [InlineData("guests/a.elf", 3)]
    [InlineData("guests/b.elf", 4)]
    [InlineData("guests/c.elf", 4)]
    [InlineData("guests/d.elf", 7)]
    [InlineData("guests/found-by-a-wildcard.elf", 6)]
    [InlineData("guests/found/a.elf", 0)]
    [InlineData("guest/deep/er/add.c", 8)]
    [InlineData("guest/add.c", 8)]
    [InlineData("guest/not.c", 0)]
    [InlineData("more1/add.c", 9)]
    [InlineData("default/a.elf", 0)]
    public void The_line_of_an_item_is_that_of_its_element(string include, int line)
    {
        File.WriteAllText(_bench.ProjectFile, """
            <Project xmlns="http://schemas.microsoft.com/developer/msbuild/2003">
              <ItemGroup>
                <HyperlightGuest Include="guests/a.elf" />
                <HyperlightGuest Include="guests\b.elf; guests/c.elf"
                                 HeapSize="1M" />
                <HyperlightGuest Include="guests/found*.elf" />
                <HyperlightGuest Update="guests/d.elf" HeapSize="1M" />
                <HyperlightGuestSource Include="guest\**\*.c" Exclude="guest/not.c" />
                <HyperlightGuestSource Include="x.c;more?/*.c" />
                <HyperlightGuest Include="default/*.elf" IsImplicitlyDefined="true" />
              </ItemGroup>
            </Project>
            """);

        Assert.Equal(new FindingOrigin(_bench.ProjectFile, line), ProjectLines.FindItem(_bench.ProjectFile, include));
    }

    [Theory]
    [InlineData("none.c", 3)]
    [InlineData("guest/sub.c", 4)]
    [InlineData("guest/add.c", 6)]
    public void A_metadata_is_found_on_the_item_before_it_is_found_on_another(string include, int line)
    {
        File.WriteAllText(_bench.ProjectFile, """
            <Project>
              <ItemGroup>
                <HyperlightGuestSource Include="other.c" Float="true" />
                <HyperlightGuestSource Include="guest/*.c" Float="true" />
                <HyperlightGuestSource Include="guest/add.c">
                  <float>true</float>
                </HyperlightGuestSource>
              </ItemGroup>
            </Project>
            """);

        Assert.Equal(
            new FindingOrigin(_bench.ProjectFile, line), ProjectLines.FindMetadata([_bench.ProjectFile], include, "Float"));
    }

    [Fact]
    public void A_project_that_cannot_be_read_has_no_lines()
    {
        File.WriteAllText(_bench.ProjectFile, "<Project");

        Assert.Equal(new FindingOrigin(_bench.ProjectFile), ProjectLines.FindItem(_bench.ProjectFile, "x"));
        Assert.Equal(new FindingOrigin("no.csproj"), ProjectLines.FindProperty("no.csproj", "X"));
    }

    public void Dispose() => _bench.Dispose();
}
