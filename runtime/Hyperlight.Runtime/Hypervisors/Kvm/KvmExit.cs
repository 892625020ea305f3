using System.Buffers.Binary;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>Translates the exits of <c>KVM_RUN</c>, which <c>struct kvm_run</c> describes.</summary>
internal static unsafe class KvmExit
{
    // KVM_EXIT_…, linux/kvm.h.
    private const uint Io = 2;
    private const uint Debug = 4;
    private const uint Hlt = 5;
    private const uint Mmio = 6;
    private const uint Shutdown = 8;
    private const uint FailEntry = 9;
    private const uint InternalError = 17;

    private const byte DirectionOut = 1;
    private const ulong HasInstruction = 1;
    private const uint EmulationFailure = 1;

    /// <summary>Reads the exit from the pages that kernel and host share.</summary>
    /// <param name="run">The start of the shared pages.</param>
    public static VirtualMachineExit Read(KvmRun* run) => run->ExitReason switch
    {
        Io when run->Io.Direction == DirectionOut => ReadOut(run),
        Io => VirtualMachineExit.In(run->Io.Port, run->Io.Size),
        Debug => VirtualMachineExit.Debug,
        Hlt => VirtualMachineExit.Halt,
        Mmio => VirtualMachineExit.MemoryAccess(
            new(run->Mmio.Address), run->Mmio.IsWrite != 0 ? MemoryAccessKind.Write : MemoryAccessKind.Read),
        Shutdown => VirtualMachineExit.Shutdown,
        FailEntry => VirtualMachineExit.Unknown($"the processor refused to enter the guest, hardware reason 0x{run->HardwareReason:X}"),
        InternalError => ReadInternalError(run->InternalError),
        uint reason => VirtualMachineExit.Unknown($"KVM stopped with the exit reason {reason}"),
    };

    /// <summary>Sets the data of a port read.</summary>
    /// <param name="run">The start of the shared pages. Their exit is a port read.</param>
    /// <param name="value">The value of each byte.</param>
    public static void Answer(KvmRun* run, byte value)
    {
        // Sound: KVM places the data of a port access, all elements of a string instruction, inside the shared pages, at the offset that
        // KVM states.
        new Span<byte>((byte*)run + run->Io.DataOffset, checked((int)(run->Io.Size * run->Io.Count))).Fill(value);
    }

    /// <summary>Says whether KVM has finished the instruction of the exit, apart from stepping over an OUT.</summary>
    /// <param name="run">The start of the shared pages.</param>
    public static bool IsComplete(KvmRun* run) => run->ExitReason == Hlt || (run->ExitReason == Io && run->Io.Direction == DirectionOut);

    private static VirtualMachineExit ReadOut(KvmRun* run)
    {
        // Sound: KVM places the data of a port access inside the shared pages, at the offset that KVM states.
        ReadOnlySpan<byte> data = new((byte*)run + run->Io.DataOffset, run->Io.Size);
        uint value = run->Io.Size switch
        {
            sizeof(byte) => data[0],
            sizeof(ushort) => BinaryPrimitives.ReadUInt16LittleEndian(data),
            _ => BinaryPrimitives.ReadUInt32LittleEndian(data),
        };
        return VirtualMachineExit.Out(run->Io.Port, value, run->Io.Size);
    }

    private static VirtualMachineExit ReadInternalError(in KvmRunInternalError error)
    {
        if (error.Suberror != EmulationFailure)
        {
            return VirtualMachineExit.Unknown($"KVM reports an internal error, suberror {error.Suberror}");
        }

        ReadOnlySpan<byte> instruction = error.Instruction;
        instruction = instruction[..Math.Min(error.InstructionSize, instruction.Length)];
        if (error.DataCount == 0 || (error.Flags & HasInstruction) == 0 || instruction.IsEmpty)
        {
            return VirtualMachineExit.Unknown("KVM cannot run the instruction at RIP, often because no code can be fetched there");
        }

        string text = $"KVM cannot emulate the instruction at RIP (bytes {Convert.ToHexStringLower(instruction)})";
        return SseInstruction.UsesRegistersOnly(instruction)
            ? VirtualMachineExit.NotInterpreted(text)
            : VirtualMachineExit.Unknown(text);
    }
}
