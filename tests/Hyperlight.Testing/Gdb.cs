using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Hyperlight.Testing;

/// <summary>Runs gdb with commands.</summary>
public static class Gdb
{
    // A guest that is never stopped would let gdb wait, in seconds.
    private const string Patience = "200";

    /// <summary>Gets the reason to skip tests that need gdb; <c>null</c> if gdb is there.</summary>
    public static string? Missing =>
        FinishedProcess.RunTool("gdb", "--version") is null ? "probe gdb: gdb is not there" : null;

    /// <summary>Finds a port that no program uses.</summary>
    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Gets the command that connects to a port of this computer.</summary>
    public static string Connect(int port) => string.Create(CultureInfo.InvariantCulture, $"target remote 127.0.0.1:{port}");

    /// <summary>Runs the commands one after another. A command that fails is passed over.</summary>
    /// <param name="symbols">The path of a file with symbols.</param>
    /// <param name="commands">The commands.</param>
    /// <returns>What gdb prints.</returns>
    public static string Run(string symbols, params string[] commands)
    {
        string[] arguments =
        [
            Patience, "gdb", "--batch", "-nx", "-ex", "set debuginfod enabled off",
            .. commands.SelectMany(command => (string[])["-ex", command]), symbols,
        ];
        FinishedProcess gdb = FinishedProcess.Run(new ProcessStartInfo("timeout", arguments)
        {
            Environment = { ["LC_ALL"] = "C" },
            WorkingDirectory = Path.GetDirectoryName(symbols),
        });
        return gdb.Output + gdb.Error;
    }
}
