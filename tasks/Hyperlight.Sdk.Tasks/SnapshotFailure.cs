using Hyperlight.Processes;

namespace Hyperlight.Sdk.Tasks;

/// <summary>Explains why a process has not taken a snapshot.</summary>
internal static class SnapshotFailure
{
    // If a signal ended a process, its exit code in .NET is 128 plus the number of the signal, as in shells. Windows has no signals. There
    // the exit code of a process that crashed is negative as a number, and known in hexadecimal digits, such as 0xC0000005.
    private const int Signal = 128;

    // The greatest length of the quoted last line, in characters. The last line of a process that crashes can be part of a stack trace.
    private const int MaxLastWords = 200;

    /// <summary>Gets the finding that the process wrote; otherwise a finding that says how the process ended.</summary>
    /// <param name="process">The process.</param>
    /// <param name="timeout">The longest time that the process was allowed to take.</param>
    /// <param name="isWindows">Whether the process ran on Windows.</param>
    public static Finding Explain(ChildProcess process, TimeSpan timeout, bool isWindows)
    {
        string[] lines = process.Error.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (process.ExitCode is null)
        {
            return Rules.SnapshotNotTaken.Found(
                $"the process that takes it was ended after {timeout.TotalSeconds:0} s: see what the guest waits for at its start, "
                + $"or raise SnapshotTimeout.");
        }

        if (lines.Select(FindingText.Parse).LastOrDefault(finding => finding is not null) is { } said)
        {
            return said;
        }

        string how = process.ExitCode switch
        {
            0 => "ended without having added it",
            > Signal and int code when !isWindows => $"was ended by signal {code - Signal}",
            < 0 and int code => $"crashed with exit code 0x{code:X8}",
            int code => $"failed with exit code {code}",
        };
        string words = lines is [.., var last] ? $"; its last words were '{last[..Math.Min(last.Length, MaxLastWords)]}'" : "";
        return Rules.SnapshotNotTaken.Found($"the process that takes it {how}{words}: build with -bl and see there all that it wrote.");
    }
}
