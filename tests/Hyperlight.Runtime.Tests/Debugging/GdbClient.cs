using System.Globalization;
using System.Net.Sockets;
using Hyperlight.Debugging;

namespace Hyperlight.Runtime.Tests.Debugging;

/// <summary>A debugger that a test controls: sends packets and waits for answers.</summary>
internal sealed class GdbClient : IDisposable
{
    private const int Patience = 30_000;

    private readonly Socket _socket;
    private readonly PacketReader _reader = new();

    private GdbClient(Socket socket) => _socket = socket;

    /// <summary>Gets the number of the instruction pointer among the registers of an amd64 guest.</summary>
    public const int Rip = 16;

    /// <summary>Gets the number of the stack pointer among the registers of an amd64 guest.</summary>
    public const int Rsp = 7;

    /// <summary>Connects as soon as a sandbox listens, and waits until the sandbox has accepted the debugger.</summary>
    public static GdbClient Connect(string path)
    {
        GdbClient client = Open(path);
        client.Ask("?");
        return client;
    }

    /// <summary>Connects as soon as a sandbox listens. The sandbox may serve another debugger first.</summary>
    public static GdbClient Open(string path)
    {
        Socket? connected = null;
        Assert.True(SpinWait.SpinUntil(() => (connected = TryConnect(path)) is not null, Patience), "no sandbox listens");
        return new(connected!);
    }

    /// <summary>Gets whether there are bytes to receive.</summary>
    public bool HasReceived => _socket.Available > 0;

    /// <summary>Sends a packet that is answered at once.</summary>
    /// <returns>The data of the answer.</returns>
    public string Ask(string packet)
    {
        Send(packet);
        return Receive();
    }

    /// <summary>Sends a packet.</summary>
    public void Send(string packet) => SendBytes(PacketWriter.Write(packet));

    /// <summary>Sends bytes that need not be a packet.</summary>
    public void SendBytes(params byte[] bytes) => _socket.Send(bytes);

    /// <summary>Sends the byte that stops the guest.</summary>
    public void Interrupt() => SendBytes(3);

    /// <summary>Waits for a packet.</summary>
    public string Receive()
    {
        byte[] next = new byte[1];
        while (_socket.Receive(next) > 0)
        {
            if (_reader.Read(next[0]) == PacketEvent.Packet)
            {
                return _reader.Data;
            }
        }

        return "(closed)";
    }

    /// <summary>Reads a register of an amd64 guest.</summary>
    public ulong Register(int number)
    {
        byte[] bytes = Convert.FromHexString(Ask(string.Create(CultureInfo.InvariantCulture, $"p{number:x}")));
        return BitConverter.ToUInt64(bytes);
    }

    public void Dispose() => _socket.Dispose();

    private static Socket? TryConnect(string path)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = Patience };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }
}
