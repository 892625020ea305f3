namespace Hyperlight.Snapshotter.Tests;

public sealed class SnapshotRequestTests
{
    [Fact]
    public void Everything_that_a_build_can_ask_for_is_understood()
    {
        Assert.Equal(new("image", TimeSpan.FromSeconds(5), null, null), SnapshotRequest.Read(["image", "--timeout", "5"]));
        Assert.Equal(
            new("image", TimeSpan.FromSeconds(30), "f.json", "a b.dll"),
            SnapshotRequest.Read(["image", "--timeout", "30", "--host-functions-assembly", "a b.dll", "--host-functions", "f.json"]));
    }

    [Theory]
    [InlineData]
    [InlineData("image")]
    [InlineData("", "--timeout", "5")]
    [InlineData("image", "--timeout", "0")]
    [InlineData("image", "--timeout", "-1")]
    [InlineData("image", "--timeout", "1.5")]
    [InlineData("image", "--timeout", "5", "--host-functions")]
    [InlineData("image", "--timeout", "5", "--host-functions", "")]
    [InlineData("image", "--timeout", "5", "--host-functions", "a", "--host-functions", "b")]
    [InlineData("image", "--timeout", "5", "--other", "x")]
    [InlineData("image", "other", "--timeout", "5")]
    public void Anything_else_is_not(params string[] args) => Assert.Null(SnapshotRequest.Read(args));
}
