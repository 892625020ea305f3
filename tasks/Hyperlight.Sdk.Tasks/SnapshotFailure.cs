namespace Hyperlight.Sdk.Tasks;

/// <summary>Finds words for a process that did not take its snapshot.</summary>
internal static class SnapshotFailure
{
    // Of a process that a signal ended, .NET gives 128 and the signal's number, as shells do.
    private const int Signal = 128;

    // Characters; what a process says before it crashes can be a stack trace.
    private const int MaxLastWords = 200;

    /// <summary>The finding that the process wrote, or one that says how it ended.</summary>
    public static Finding Explain(SnapshotterProcess process, TimeSpan timeout)
    {
        string[] lines = process.Error.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (process.ExitCode is null)
        {
            return Rules.SnapshotNotTaken.Found(
                $"the process that takes it was ended after {timeout.TotalSeconds:0} s: see what the guest waits for at its start, or raise SnapshotTimeout.");
        }

        if (lines.Select(FindingText.Parse).LastOrDefault(finding => finding is not null) is { } said)
        {
            return said;
        }

        string how = process.ExitCode switch
        {
            0 => "ended without having added it",
            > Signal and int code => $"was ended by signal {code - Signal}",
            int code => $"failed with exit code {code}",
        };
        string words = lines is [.., var last] ? $"; its last words were '{last[..Math.Min(last.Length, MaxLastWords)]}'" : "";
        return Rules.SnapshotNotTaken.Found($"the process that takes it {how}{words}: build with -bl and see there all that it wrote.");
    }
}
