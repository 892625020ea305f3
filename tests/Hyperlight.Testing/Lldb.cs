using System.Diagnostics;
using System.Globalization;

namespace Hyperlight.Testing;

/// <summary>Runs LLDB with commands.</summary>
public static class Lldb
{
    // A guest that is never stopped would let LLDB wait, in seconds.
    private const string Patience = "200";

    /// <summary>Gets the reason to skip tests that need LLDB; <c>null</c> if LLDB is there.</summary>
    public static string? Missing =>
        FinishedProcess.RunTool("lldb", "--version") is null ? "probe lldb: lldb is not there" : null;

    /// <summary>Gets the command that connects to a port of this computer.</summary>
    public static string Connect(int port) => string.Create(CultureInfo.InvariantCulture, $"gdb-remote 127.0.0.1:{port}");

    /// <summary>Runs the commands one after another, until one fails.</summary>
    /// <param name="symbols">The path of a file with symbols.</param>
    /// <param name="commands">The commands.</param>
    /// <returns>What LLDB prints.</returns>
    public static string Run(string symbols, params string[] commands)
    {
        string[] arguments =
            [Patience, "lldb", "--batch", "--no-lldbinit", .. commands.SelectMany(command => (string[])["-o", command]), symbols];
        FinishedProcess lldb = FinishedProcess.Run(new ProcessStartInfo("timeout", arguments)
        {
            Environment = { ["LC_ALL"] = "C" },
            WorkingDirectory = Path.GetDirectoryName(symbols),
        });
        return lldb.Output + lldb.Error;
    }
}
