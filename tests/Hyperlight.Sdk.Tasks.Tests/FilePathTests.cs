using Hyperlight.Sdk.Tasks.Files;

namespace Hyperlight.Sdk.Tasks.Tests;

[Trait("Wine", "yes")]
public sealed class FilePathTests
{
    [Theory]
    [InlineData(@"C:\Sdk\targets\X.targets", true, true)]
    [InlineData(@"c:\sdk\Targets\x.targets", true, true)]
    [InlineData(@"c:\sdk\Targets\x.targets", false, false)]
    [InlineData(@"C:\Sdk", true, false)]
    [InlineData(@"C:\Sdk2\targets\X.targets", true, false)]
    public void Case_counts_where_the_system_says_so(string path, bool isWindows, bool isBelow) =>
        Assert.Equal(isBelow, FilePath.IsBelow(path, @"C:\Sdk\", FilePath.ComparerOf(isWindows)));

    [Theory]
    [InlineData(@"guests\hello.elf")]
    [InlineData("guests/hello.elf")]
    [InlineData(@".\guests\..\guests/hello.elf")]
    public void A_project_writes_both_separators_on_every_system(string text)
    {
        string folder = Path.GetTempPath();

        Assert.Equal(Path.Combine(folder, "guests", "hello.elf"), FilePath.Absolute(text, folder));
    }

    [Theory]
    [InlineData(@"D:\kernels\hello.elf", @"D:\kernels\hello.elf")]
    [InlineData("D:/kernels/hello.elf", @"D:\kernels\hello.elf")]
    [InlineData(@"\\server\share\hello.elf", @"\\server\share\hello.elf")]
    [InlineData(@"\\?\D:\kernels\hello.elf", @"\\?\D:\kernels\hello.elf")]
    [InlineData(@"\kernels\hello.elf", @"C:\kernels\hello.elf")]
    [InlineData(@"C:hello.elf", @"C:\work\app\hello.elf")]
    public void Drives_servers_and_long_paths_are_absolute_on_Windows(string text, string path)
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "needs Windows or Wine");

        Assert.Equal(path, FilePath.Absolute(text, @"C:\work\app"));
    }
}
