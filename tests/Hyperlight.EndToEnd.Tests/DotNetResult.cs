namespace Hyperlight.EndToEnd.Tests;

/// <summary>The exit code and the output of a command.</summary>
internal sealed record DotNetResult(int ExitCode, string Output, string Error)
{
    /// <summary>The binary log of the build; <c>null</c> if the command was not started with <see cref="Workspace.Build"/>.</summary>
    public BuildLog? Log { get; init; }

    /// <summary>Fails the test with the command's output if the command failed or printed a warning.</summary>
    public DotNetResult MustSucceed()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Output}\n{Error}");
        Assert.DoesNotContain(": warning ", Output, StringComparison.Ordinal);
        return this;
    }
}
