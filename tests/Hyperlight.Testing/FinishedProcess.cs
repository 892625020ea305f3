using System.ComponentModel;
using System.Diagnostics;

namespace Hyperlight.Testing;

/// <summary>A program that has ended, and what it wrote.</summary>
public sealed record FinishedProcess(int ExitCode, string Output, string Error)
{
    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="Win32Exception">The program is missing.</exception>
    public static FinishedProcess Run(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;

        // Both streams are read at once: a program that has filled one of the pipes waits until somebody reads it.
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new(process.ExitCode, output, error.Result);
    }

    /// <summary>Runs a tool of the machine to its end, with its texts in English; null where the tool is missing.</summary>
    public static FinishedProcess? RunTool(string program, params string[] arguments)
    {
        try
        {
            return Run(new ProcessStartInfo(program, arguments) { Environment = { ["LC_ALL"] = "C" } });
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
