using System.Net;
using System.Net.Sockets;

namespace Hyperlight.Debugging;

/// <summary>The socket that debuggers connect to, on this computer only.</summary>
internal sealed class DebugListener : IDisposable
{
    private readonly Socket _socket;
    private readonly string? _path;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="HyperlightException">HL5011: the place cannot be used.</exception>
    public DebugListener(GuestDebugger place)
    {
        Socket? socket = null;
        try
        {
            if (place.SocketPath is { } path)
            {
                socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                socket.Bind(new UnixDomainSocketEndPoint(path));
                _path = path;

                // Nobody can connect before the socket listens.
                if (!OperatingSystem.IsWindows())
                {
                    File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
                }
            }
            else
            {
                socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Loopback, place.Port!.Value));
            }

            socket.Listen(backlog: 1);
            _socket = socket;
        }
        catch (Exception exception) when (
            exception is SocketException or IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            socket?.Dispose();
            DeletePath();
            throw new HyperlightException(
                Rules.DebuggerCannotListen.Found(
                    $"a debugger cannot reach the guest at {place}: {exception.Message}: choose a free port, or the path of a file that "
                    + $"does not exist; each sandbox needs a place of its own."),
                exception);
        }
    }

    /// <summary>Waits for a debugger.</summary>
    /// <returns>
    /// The connection; <c>null</c> if no debugger can connect any more, because this object is disposed or the socket has failed.
    /// </returns>
    public Socket? Accept()
    {
        try
        {
            return _socket.Accept();
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        DeletePath();
    }

    private void DeletePath()
    {
        if (_path is not null)
        {
            File.Delete(_path);
        }
    }
}
