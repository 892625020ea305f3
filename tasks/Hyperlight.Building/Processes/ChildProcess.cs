using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Hyperlight.Processes;

/// <summary>The result of a process that a build has started.</summary>
/// <param name="ExitCode">The exit code; <c>null</c> if the process was ended because its time was over.</param>
/// <param name="Output">The beginning of the standard output.</param>
/// <param name="Error">The beginning of the standard error output.</param>
internal sealed record ChildProcess(int? ExitCode, string Output, string Error)
{
    /// <summary>The usual number of characters that are kept of each stream.</summary>
    public const int MaxText = 256 * 1024;

    // The process may leave another process behind, which keeps the streams open.
    private static readonly TimeSpan StreamsTimeout = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Runs a process to its end, or ends the process and all processes that it started. The process inherits the environment and gets no
    /// input.
    /// </summary>
    /// <param name="start">The program and its arguments, which are not passed through a shell.</param>
    /// <param name="timeout">The longest time that the process may run.</param>
    /// <param name="cancellation">Ends the process when it is canceled.</param>
    /// <param name="maxText">
    /// The greatest number of characters that are kept of each stream. The rest is read and dropped, so that the process need not wait for
    /// a reader.
    /// </param>
    /// <exception cref="OperationCanceledException">The process was ended because of <paramref name="cancellation"/>.</exception>
    /// <exception cref="Win32Exception">The process cannot be started.</exception>
    public static ChildProcess Run(
        ProcessStartInfo start, TimeSpan timeout, CancellationToken cancellation, int maxText = MaxText)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        // The process writes UTF-8. The encoding of consoles, which is the default, does not have all characters of paths.
        start.StandardOutputEncoding = start.StandardErrorEncoding = new UTF8Encoding(false);
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        StringBuilder output = new(), error = new();
        Task[] readers = [Read(process.StandardOutput, output, maxText), Read(process.StandardError, error, maxText)];
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

    private static async Task Read(StreamReader stream, StringBuilder text, int maxText)
    {
        char[] buffer = new char[4096];
        for (int count; (count = await stream.ReadAsync(buffer).ConfigureAwait(false)) > 0;)
        {
            lock (text)
            {
                text.Append(buffer, 0, Math.Min(count, maxText - text.Length));
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
