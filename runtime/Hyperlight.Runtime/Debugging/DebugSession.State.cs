using System.Collections.Immutable;
using Hyperlight.Hypervisors;

namespace Hyperlight.Debugging;

// The packets about registers and memory.
internal sealed partial class DebugSession
{
    private static string ReadRegisters(IDebugTarget target)
    {
        ProcessorRegisters registers = target.GetRegisters();
        byte[] bytes = new byte[target.Description.Registers.Sum(register => register.Size)];
        int place = 0;
        foreach (DebugRegister register in target.Description.Registers)
        {
            register.Read(registers, bytes.AsSpan(place, register.Size));
            place += register.Size;
        }

        return Convert.ToHexStringLower(bytes);
    }

    // Registers that cannot be written are left as they are.
    private static DebugReply WriteRegisters(string digits, IDebugTarget target)
    {
        ImmutableArray<DebugRegister> all = target.Description.Registers;
        if (!PacketText.TryBytes(digits, out byte[] bytes) || bytes.Length > all.Sum(register => register.Size))
        {
            return DebugReply.Refused;
        }

        GeneralRegisters registers = target.GetRegisters().General;
        int place = 0;
        foreach (DebugRegister register in all.TakeWhile(register => place + register.Size <= bytes.Length))
        {
            if (register.General is not null)
            {
                register.Write(ref registers, bytes.AsSpan(place, register.Size));
            }

            place += register.Size;
        }

        return target.TrySetRegisters(registers) ? DebugReply.Done : DebugReply.Refused;
    }

    private static DebugReply ReadRegister(string number, IDebugTarget target)
    {
        if (Find(number, target) is not { } register)
        {
            return DebugReply.Refused;
        }

        byte[] bytes = new byte[register.Size];
        register.Read(target.GetRegisters(), bytes);
        return new(Convert.ToHexStringLower(bytes));
    }

    private static DebugReply WriteRegister(string packet, IDebugTarget target)
    {
        (string number, string digits) = PacketText.Cut(packet, '=');
        if (Find(number, target) is not { General: not null } register
            || !PacketText.TryBytes(digits, out byte[] bytes)
            || bytes.Length != register.Size)
        {
            return DebugReply.Refused;
        }

        GeneralRegisters registers = target.GetRegisters().General;
        register.Write(ref registers, bytes);
        return target.TrySetRegisters(registers) ? DebugReply.Done : DebugReply.Refused;
    }

    private static DebugRegister? Find(string number, IDebugTarget target)
    {
        ImmutableArray<DebugRegister> all = target.Description.Registers;
        return PacketText.TryNumber(number, out ulong index) && index < (ulong)all.Length ? all[(int)index] : null;
    }

    private static DebugReply ReadMemory(string packet, IDebugTarget target)
    {
        if (!PacketText.TryNumbers(packet, out ulong address, out ulong size))
        {
            return DebugReply.Refused;
        }

        byte[] bytes = new byte[Math.Min(size, MaxReadSize)];
        int read = target.Read(address, bytes);
        return read == 0 && bytes.Length > 0 ? DebugReply.Refused : new(Convert.ToHexStringLower(bytes.AsSpan(0, read)));
    }

    private static DebugReply WriteMemory(string packet, bool isText, IDebugTarget target)
    {
        (string place, string content) = PacketText.Cut(packet, ':');
        if (!PacketText.TryNumbers(place, out ulong address, out ulong size))
        {
            return DebugReply.Refused;
        }

        byte[] bytes = [.. content.Select(value => (byte)value)];
        return (!isText || PacketText.TryBytes(content, out bytes)) && (ulong)bytes.Length == size && target.TryWrite(address, bytes)
            ? DebugReply.Done
            : DebugReply.Refused;
    }
}
