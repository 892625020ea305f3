using System.Net.Sockets;
using Hyperlight.Concurrency;
using Hyperlight.Machine;

namespace Hyperlight.Debugging;

/// <summary>
/// Lets one debugger at a time control the guest of a machine. A thread of the server talks to the debugger. The thread of a call runs the
/// guest and waits while the debugger has stopped the guest; only then, and between calls, the server's thread uses the machine.
/// <code>
///   debugger ◄─ packets ─► thread of the server ─ lock ─ thread of the call ─► GuestMachine
/// </code>
/// </summary>
internal sealed partial class DebugServer : IDisposable
{
    // The longest time to send an answer, in milliseconds. A debugger that takes longer is disconnected.
    private const int SendTimeout = 1000;

    // The longest time that a packet waits for a guest that was interrupted, in milliseconds.
    private const int LongestWait = 1000;

    // Guards everything below. Gates are entered inside this lock, and never the other way round.
    private readonly SteadyLock _lock = new();
    private readonly GuestMachine _machine;
    private readonly MachineTarget _target;
    private readonly DebugListener _listener;
    private IDebuggedCalls? _calls;
    private DebugSession _session = new();
    private Socket? _client;
    private byte[] _sent = [];

    // Whether the debugger has let the guest go on and waits for its next stop.
    private bool _isRunning;
    private bool _isStepping;
    private bool _isInterrupted;
    private bool _waitsForClient;

    // Completed when the thread of a call may go on; null unless it waits.
    private TaskCompletionSource? _goOn;

    /// <summary>Begins to listen for debuggers.</summary>
    /// <exception cref="HyperlightException">HL5005, HL5011.</exception>
    public DebugServer(GuestDebugger place, GuestMachine machine)
    {
        _machine = machine;
        _target = new(machine);
        _waitsForClient = place.WaitsForClient;
        _listener = new(place);
        try
        {
            BackgroundThread.Start("debugger of a guest", Serve);
        }
        catch
        {
            _listener.Dispose();
            throw;
        }
    }

    /// <summary>Sets the sandbox whose guest is debugged from now on.</summary>
    public void Use(IDebuggedCalls calls)
    {
        using (_lock.Enter())
        {
            _calls = calls;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        using (_lock.Enter())
        {
            _calls = null;
            _listener.Dispose();
            if (_isRunning)
            {
                // The guest has exited with code 0.
                Send("W00");
            }

            Leave();
        }
    }

    private void Serve()
    {
        while (_listener.Accept() is { } client)
        {
            using (client)
            {
                Attach(client);
#pragma warning disable CA1031 // Whatever a debugger does, the program goes on without it.
                try
                {
                    Converse(client);
                }
                catch (Exception)
#pragma warning restore CA1031
                {
                }

                using (_lock.Enter())
                {
                    Leave();
                }
            }
        }
    }

    private void Attach(Socket client)
    {
        using (_lock.Enter())
        {
            client.SendTimeout = SendTimeout;
            (_client, _waitsForClient) = (client, false);
            _session = new() { Stop = _session.Stop };
            if (_goOn is null)
            {
                _isInterrupted = true;
                _calls?.Interrupt();
            }
        }
    }

    private void Converse(Socket client)
    {
        PacketReader reader = new();
        byte[] buffer = new byte[4096];
        while (client.Receive(buffer) is > 0 and int count)
        {
            foreach (byte value in buffer.AsSpan(0, count))
            {
                if (!Handle(reader.Read(value), reader))
                {
                    return;
                }
            }
        }
    }

    /// <summary>Handles what a byte has completed.</summary>
    /// <returns><c>false</c> if the conversation ends.</returns>
    private bool Handle(PacketEvent completed, PacketReader reader)
    {
        switch (completed)
        {
            case PacketEvent.Packet:
                Acknowledge('+');
                return Answer(reader.Data);
            case PacketEvent.Damaged:
                Acknowledge('-');
                return true;
            case PacketEvent.Refused:
                using (_lock.Enter())
                {
                    SendBytes(_sent);
                }

                return true;
            case PacketEvent.Interrupt:
                Interrupt();
                return true;
            default:
                return completed != PacketEvent.Broken;
        }
    }

    private bool Answer(string packet)
    {
        DebugReply reply = DebugReply.Refused;
        if (!SpinWait.SpinUntil(() => TryAnswer(packet, out reply), LongestWait))
        {
            using (_lock.Enter())
            {
                Send(DebugReply.Refused.Text!);
            }
        }

        return reply.Action != DebugAction.Detach;
    }

    /// <summary>Answers a packet if the guest is not running.</summary>
    private bool TryAnswer(string packet, out DebugReply reply)
    {
        using (_lock.Enter())
        {
            DebugReply answer = DebugReply.Refused;
            _target.IsInCall = _goOn is not null;
            bool isAnswered = true;
            if (_goOn is not null)
            {
                answer = _session.Answer(packet, _target);
            }
            else if (!_isRunning)
            {
                isAnswered = _calls?.TryBetweenCalls(() => answer = _session.Answer(packet, _target)) == true;
            }

            reply = answer;
            if (isAnswered)
            {
                Apply(answer);
            }

            return isAnswered;
        }
    }

    private void Apply(DebugReply reply)
    {
        if (reply.Text is { } text)
        {
            Send(text);
        }

        if (reply.Action is DebugAction.Continue or DebugAction.Step)
        {
            (_isRunning, _isStepping, _isInterrupted) = (true, reply.Action == DebugAction.Step, false);
            _goOn?.TrySetResult();
            _goOn = null;
        }
    }

    private void Interrupt()
    {
        using (_lock.Enter())
        {
            if (!_isRunning || _calls is not { } calls)
            {
                return;
            }

            _isInterrupted = true;
            if (calls.TryBetweenCalls(static () => { }))
            {
                Report(StopReply.AfterInterrupt);
            }
            else
            {
                calls.Interrupt();
            }
        }
    }

    private void Acknowledge(char sign)
    {
        using (_lock.Enter())
        {
            if (_session.IsAcknowledged)
            {
                SendBytes([(byte)sign]);
            }
        }
    }

    private void Send(string data) => SendBytes(_sent = PacketWriter.Write(data));

    private void SendBytes(byte[] bytes)
    {
        try
        {
            _client?.Send(bytes);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            Leave();
        }
    }

    /// <summary>Forgets the debugger, and lets the guest go on without breakpoints. To be called inside the lock.</summary>
    private void Leave()
    {
        _client?.Dispose();
        _client = null;
        _session = new() { Stop = _session.Stop };
        (_isRunning, _isStepping, _isInterrupted) = (false, false, false);
        _goOn?.TrySetResult();
        _goOn = null;
    }
}
