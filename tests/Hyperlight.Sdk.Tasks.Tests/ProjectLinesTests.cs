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
    [InlineData("guests/found-by-a-wildcard.elf", 0)]
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
              </ItemGroup>
            </Project>
            """);

        Assert.Equal(new FindingOrigin(_bench.ProjectFile, line), ProjectLines.FindItem(_bench.ProjectFile, include));
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
