using System.Globalization;

namespace Hyperlight;

/// <summary>
/// The place at which a debugger can reach the guest of a sandbox: gdb, or an editor that uses gdb. Who can connect to the place controls
/// the guest and reads its memory.
/// </summary>
public sealed class GuestDebugger
{
    /// <summary>
    /// Lets a debugger connect to a TCP port of this computer, <c>127.0.0.1</c>. Each user of the computer can connect.
    /// </summary>
    /// <param name="port">The port, 1 to 65535.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is not that of a port.</exception>
    public GuestDebugger(int port)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        Port = port;
    }

    /// <summary>Lets a debugger connect to a Unix socket, which only the user of this process can use.</summary>
    /// <param name="socketPath">
    /// The path of the socket. The file must not exist; the sandbox creates the file, and deletes the file when it is disposed.
    /// </param>
    public GuestDebugger(string socketPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(socketPath);
        SocketPath = socketPath;
    }

    /// <summary>
    /// Gets whether the guest waits for a debugger before its first instruction; <c>true</c> by default. The time of the wait does not
    /// count for timeouts.
    /// </summary>
    public bool WaitsForClient { get; init; } = true;

    /// <summary>Gets the port; <c>null</c> for a socket.</summary>
    internal int? Port { get; }

    /// <summary>Gets the path of the socket; <c>null</c> for a port.</summary>
    internal string? SocketPath { get; }

    /// <summary>Gets the place as gdb's command <c>target remote</c> takes it.</summary>
    public override string ToString() => SocketPath ?? string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");
}
