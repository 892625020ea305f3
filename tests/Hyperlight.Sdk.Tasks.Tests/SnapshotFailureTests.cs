using Hyperlight.Processes;

namespace Hyperlight.Sdk.Tasks.Tests;

[Trait("Wine", "yes")]
public sealed class SnapshotFailureTests
{
    [Theory]
    [InlineData(139, false, "was ended by signal 11:")]
    [InlineData(139, true, "failed with exit code 139:")]
    [InlineData(unchecked((int)0xC000_0005), true, "crashed with exit code 0xC0000005:")]
    [InlineData(1, true, "failed with exit code 1:")]
    public void An_exit_code_means_what_the_system_means_by_it(int code, bool isWindows, string text)
    {
        ChildProcess process = new(code, "", "");

        Finding finding = SnapshotFailure.Explain(process, TimeSpan.FromSeconds(1), isWindows);

        Assert.Equal("HL3011", finding.Rule.Code);
        Assert.Contains(text, finding.Message, StringComparison.Ordinal);
    }
}
