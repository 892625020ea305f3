using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Hyperlight.Sdk.Tasks;

/// <summary>What became of the process that takes a snapshot.</summary>
/// <param name="ExitCode">Its exit code, null when it was ended because its time was over.</param>
/// <param name="Output">The beginning of its standard output.</param>
/// <param name="Error">The beginning of its standard error.</param>
internal sealed record SnapshotterProcess(int? ExitCode, string Output, string Error)
{
    // Characters of each stream; what follows is read and forgotten, so that no process waits for a reader.
    private const int MaxText = 16 * 1024;

    // A process that this one started and left behind may keep the streams open.
    private static readonly TimeSpan StreamsTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Runs a process to its end, or ends it and all that it started. It inherits the environment and gets no input.</summary>
    /// <param name="start">The program and its arguments; no shell sees them.</param>
    /// <param name="timeout">The longest it may run.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was ended because of <paramref name="cancellation"/>.</exception>
    /// <exception cref="Win32Exception">It cannot be started.</exception>
    public static SnapshotterProcess Run(ProcessStartInfo start, TimeSpan timeout, CancellationToken cancellation)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        StringBuilder output = new(), error = new();
        Task[] readers = [Read(process.StandardOutput, output), Read(process.StandardError, error)];
        bool ended = WaitForExit(process, timeout, cancellation);
        Task.WaitAll(readers, StreamsTimeout);
        return new(ended ? process.ExitCode : null, Text(output), Text(error));
    }

    private static bool WaitForExit(Process process, TimeSpan timeout, CancellationToken cancellation)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        end.CancelAfter(timeout);
        try
        {
            process.WaitForExitAsync(end.Token).GetAwaiter().GetResult();
            return true;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            cancellation.ThrowIfCancellationRequested();
            return false;
        }
    }

    private static async Task Read(StreamReader stream, StringBuilder text)
    {
        char[] buffer = new char[4096];
        for (int count; (count = await stream.ReadAsync(buffer).ConfigureAwait(false)) > 0;)
        {
            lock (text)
            {
                text.Append(buffer, 0, Math.Min(count, MaxText - text.Length));
            }
        }
    }

    private static string Text(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }
}
