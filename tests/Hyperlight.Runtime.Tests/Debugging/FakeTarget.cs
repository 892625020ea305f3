using Hyperlight.Debugging;
using Hyperlight.Hypervisors;

namespace Hyperlight.Runtime.Tests.Debugging;

/// <summary>A guest that is not running, with memory from address 0x1000 to 0x2FFF, of which the second page is shared.</summary>
internal sealed class FakeTarget(TargetDescription description) : IDebugTarget
{
    private const ulong Start = 0x1000;
    private const ulong SharedFrom = 0x2000;

    private readonly byte[] _extended = new byte[4096];
    private GeneralRegisters _registers = new() { Rax = 0x1122334455667788, Rip = 0x401000, Rsp = 0x7000, Rflags = 0x202 };

    public byte[] Memory { get; } = new byte[0x2000];

    public bool IsInCall { get; set; } = true;

    public Span<byte> Extended => _extended;

    public GeneralRegisters General => _registers;

    public TargetDescription Description => description;

    public ulong? LoadAddress => description == TargetDescription.Amd64 ? Start : null;

    public ProcessorRegisters GetRegisters() =>
        new(_registers, new() { Cs = new() { Selector = 8 }, Fs = new() { Base = 0x5000 } }, ExtendedControl: 7, _extended);

    public bool TrySetRegisters(in GeneralRegisters registers)
    {
        if (IsInCall)
        {
            _registers = registers;
        }

        return IsInCall;
    }

    public int Read(ulong address, Span<byte> bytes)
    {
        if (address < Start || address >= Start + (ulong)Memory.Length)
        {
            return 0;
        }

        int offset = (int)(address - Start);
        int count = Math.Min(bytes.Length, Memory.Length - offset);
        Memory.AsSpan(offset, count).CopyTo(bytes);
        return count;
    }

    public bool TryWrite(ulong address, ReadOnlySpan<byte> bytes)
    {
        if (address < Start || address > SharedFrom || (ulong)bytes.Length > SharedFrom - address)
        {
            return false;
        }

        bytes.CopyTo(Memory.AsSpan((int)(address - Start)));
        return true;
    }
}
