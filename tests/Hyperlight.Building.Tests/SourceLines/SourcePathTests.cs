using Hyperlight.SourceLines;

namespace Hyperlight.Building.Tests.SourceLines;

public sealed class SourcePathTests
{
    [Theory]
    [InlineData("/home/me/app/guests/hello.c", "guests/hello.c")]
    [InlineData("/home/me/app/guests/../src/./hello.c", "src/hello.c")]
    [InlineData("/home/me/application/hello.c", "hello.c")]
    [InlineData("/usr/include/stdio.h", "stdio.h")]
    [InlineData("/home/me/app", "app")]
    [InlineData("C:\\kit\\src\\start.c", "start.c")]
    [InlineData("src/hello.c", "src/hello.c")]
    [InlineData("./hello.c", "hello.c")]
    [InlineData("../shared/hello.c", "hello.c")]
    [InlineData("/", "?")]
    [InlineData("..", "..")]
    public void A_path_in_a_map_is_below_the_project_or_a_name(string path, string expected) =>
        Assert.Equal(expected, SourcePath.Below(path, "/home/me/app/"));
}
