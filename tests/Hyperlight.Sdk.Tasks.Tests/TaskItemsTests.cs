namespace Hyperlight.Sdk.Tasks.Tests;

[Trait("Wine", "yes")]
public sealed class TaskItemsTests
{
    [Theory]
    [InlineData("/plain/path.elf")]
    [InlineData("/with space/100%25.elf")]
    [InlineData("/a;b/c@(d)/$(e)/f*?'.elf")]
    public void A_path_comes_out_as_it_went_in(string path) => Assert.Equal(path, TaskItems.Create(path).ItemSpec);
}
