namespace Hyperlight.EndToEnd.Tests;

/// <summary>What a command gave.</summary>
internal sealed record DotNetResult(int ExitCode, string Output, string Error)
{
    /// <summary>The binary log, of a command that built.</summary>
    public BuildLog? Log { get; init; }

    /// <summary>Fails the test with the command's output when it did not succeed without a warning.</summary>
    public DotNetResult MustSucceed()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Output}\n{Error}");
        Assert.DoesNotContain(": warning ", Output, StringComparison.Ordinal);
        return this;
    }
}
