using System.ComponentModel;
using System.Diagnostics;

namespace Hyperlight.Testing;

/// <summary>The exit code and the output of a program that has ended.</summary>
public sealed record FinishedProcess(int ExitCode, string Output, string Error)
{
    /// <summary>Runs a program and waits until it ends.</summary>
    /// <exception cref="Win32Exception">The program is missing.</exception>
    public static FinishedProcess Run(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;

        // Both streams are read at the same time: a program whose pipe is full waits until somebody reads the pipe.
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new(process.ExitCode, output, error.Result);
    }

    /// <summary>
    /// Runs a tool of the machine, with its messages in English, and waits until it ends; <c>null</c> if the tool is missing.
    /// </summary>
    public static FinishedProcess? RunTool(string program, params string[] arguments) => RunToolIn("", program, arguments);

    /// <summary>Runs a tool of the machine in a folder, like <see cref="RunTool"/>.</summary>
    public static FinishedProcess? RunToolIn(string folder, string program, params string[] arguments)
    {
        try
        {
            return Run(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, Environment = { ["LC_ALL"] = "C" } });
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
