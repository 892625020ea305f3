using System.Diagnostics;

namespace Hyperlight.Testing;

/// <summary>Creates named pipes (Linux only). Whoever opens a pipe waits until another process opens its other end.</summary>
public static class NamedPipe
{
    /// <summary>Creates a named pipe at a path.</summary>
    public static void Create(string path)
    {
        FinishedProcess made = FinishedProcess.Run(new ProcessStartInfo("mkfifo", [path]));
        if (made.ExitCode != 0)
        {
            throw new IOException(made.Error);
        }
    }
}
