using System.Globalization;
using Hyperlight.Hypervisors;

namespace Hyperlight.Debugging;

/// <summary>
/// The conversation with one debugger: answers packets of gdb's remote protocol about a guest that is stopped. The packets are not trusted.
/// </summary>
internal sealed partial class DebugSession
{
    // The guest's only thread.
    private const string Thread = "1";

    // An answer of memory has two digits for each byte.
    private const int MaxReadSize = PacketReader.MaxLength / 2;

    private static readonly string Features = string.Create(
        CultureInfo.InvariantCulture,
        $"PacketSize={PacketReader.MaxLength:x};QStartNoAckMode+;qXfer:features:read+;vContSupported+;swbreak+;hwbreak+");

    /// <summary>Gets the breakpoints and watchpoints.</summary>
    public Breakpoints Breakpoints { get; } = new();

    /// <summary>Gets whether packets are acknowledged, until the debugger asks for no acknowledgements.</summary>
    public bool IsAcknowledged { get; private set; } = true;

    /// <summary>Gets or sets the reason why the guest is stopped.</summary>
    public StopReply Stop { get; set; } = StopReply.AtInstruction;

    /// <summary>Gets the range of instructions to leave for the last <see cref="DebugAction.Step"/>.</summary>
    public (ulong Start, ulong End) StepRange { get; private set; }

    /// <summary>Answers a packet.</summary>
    /// <param name="packet">The data of the packet.</param>
    /// <param name="target">The guest.</param>
    public DebugReply Answer(string packet, IDebugTarget target)
    {
        if (packet.Length == 0)
        {
            return DebugReply.Unknown;
        }

        string rest = packet[1..];
        return packet[0] switch
        {
            '?' => new(Stop.Write()),
            'g' => new(ReadRegisters(target)),
            'G' => WriteRegisters(rest, target),
            'p' => ReadRegister(rest, target),
            'P' => WriteRegister(rest, target),
            'm' => ReadMemory(rest, target),
            'M' => WriteMemory(rest, isText: true, target),
            'X' => WriteMemory(rest, isText: false, target),
            'Z' => ChangeBreakpoint(rest, isAdded: true, target),
            'z' => ChangeBreakpoint(rest, isAdded: false, target),
            'c' or 's' => Resume(packet[0], rest, target),
            'H' or 'T' => DebugReply.Done,
            'D' => new("OK", DebugAction.Detach),
            'k' => new(Text: null, DebugAction.Detach),
            'q' or 'Q' => AnswerQuery(packet, target),
            'v' => AnswerNamed(packet),
            _ => DebugReply.Unknown,
        };
    }

    private DebugReply AnswerQuery(string packet, IDebugTarget target)
    {
        (string name, string arguments) = PacketText.Cut(packet, ':');
        switch (name)
        {
            case "qSupported":
                return new(Features);
            case "QStartNoAckMode":
                IsAcknowledged = false;
                return DebugReply.Done;
            case "qXfer":
                return ReadDescription(arguments, target.Description.Xml);
            case "qAttached":
                return new("1");
            case "qC":
                return new("QC" + Thread);
            case "qfThreadInfo":
                return new("m" + Thread);
            case "qsThreadInfo":
                return new("l");
            case "qSymbol":
                return DebugReply.Done;
            case "qOffsets" when target.LoadAddress is { } address:
                return new(string.Create(CultureInfo.InvariantCulture, $"TextSeg={address:x}"));
            default:
                return DebugReply.Unknown;
        }
    }

    private DebugReply AnswerNamed(string packet)
    {
        (string name, string arguments) = PacketText.Cut(packet, ';');
        return name switch
        {
            "vCont?" => new("vCont;c;C;s;S;r"),
            "vCont" => ResumeThread(arguments),
            "vKill" => new("OK", DebugAction.Detach),
            _ => DebugReply.Unknown,
        };
    }

    // The first action is that of the only thread.
    private DebugReply ResumeThread(string actions)
    {
        string action = PacketText.Cut(PacketText.Cut(actions, ';').Before, ':').Before;
        switch (action.Length > 0 ? action[0] : ' ')
        {
            case 'c' or 'C':
                return new(Text: null, DebugAction.Continue);
            case 's' or 'S':
                StepRange = default;
                return new(Text: null, DebugAction.Step);
            case 'r' when PacketText.TryNumbers(action.AsSpan(1), out ulong start, out ulong end):
                StepRange = (start, end);
                return new(Text: null, DebugAction.Step);
            default:
                return DebugReply.Refused;
        }
    }

    private DebugReply Resume(char action, string address, IDebugTarget target)
    {
        if (address.Length > 0)
        {
            GeneralRegisters registers = target.GetRegisters().General;
            if (!PacketText.TryNumber(address, out registers.Rip) || !target.TrySetRegisters(registers))
            {
                return DebugReply.Refused;
            }
        }

        StepRange = default;
        return new(Text: null, action == 'c' ? DebugAction.Continue : DebugAction.Step);
    }

    private DebugReply ChangeBreakpoint(string packet, bool isAdded, IDebugTarget target)
    {
        (string kind, string place) = PacketText.Cut(packet, ',');
        if (!PacketText.TryNumbers(PacketText.Cut(place, ';').Before, out ulong address, out ulong size))
        {
            return DebugReply.Refused;
        }

        switch (kind)
        {
            case "0" or "1" when isAdded:
                return Breakpoints.TryAdd(address) ? DebugReply.Done : DebugReply.Refused;
            case "0" or "1":
                Breakpoints.Remove(address);
                return DebugReply.Done;
            case "2" when isAdded:
                return Breakpoints.TryWatch(target, address, size) ? DebugReply.Done : DebugReply.Refused;
            case "2":
                Breakpoints.Unwatch(address, size);
                return DebugReply.Done;

            // A read leaves no trace that could be found after an instruction.
            default:
                return DebugReply.Unknown;
        }
    }

    private static DebugReply ReadDescription(string arguments, string xml)
    {
        const string Asked = "features:read:target.xml:";
        if (!arguments.StartsWith(Asked, StringComparison.Ordinal)
            || !PacketText.TryNumbers(arguments.AsSpan(Asked.Length), out ulong offset, out ulong length))
        {
            return DebugReply.Unknown;
        }

        int start = (int)Math.Min(offset, (ulong)xml.Length);
        int count = (int)Math.Min(length, (ulong)Math.Min(xml.Length - start, MaxReadSize));
        return new(string.Concat(start + count == xml.Length ? "l" : "m", xml.AsSpan(start, count)));
    }
}
