using System.Buffers.Binary;
using System.Text;
using Hyperlight.Hypervisors;
using static Hyperlight.Hypervisors.ControlBits;

namespace Hyperlight.CoreDumps;

/// <summary>
/// Writes the notes of a core file, which describe a thread and its process in the format of the Linux kernel (<c>linux/elfcore.h</c>,
/// <c>fs/binfmt_elf.c</c>). Upstream writes the notes of a guest in the same way (amd64 sheet, section 9.2).
/// </summary>
internal static class CoreNotes
{
    private const uint ProcessStatus = 1;
    private const uint ProcessInformation = 3;
    private const uint AuxiliaryVector = 6;
    private const uint XsaveState = 0x202;

    private const ulong AuxiliaryNull = 0;
    private const ulong AuxiliaryEntry = 9;

    // struct elf_prstatus and struct elf_prpsinfo of x86-64: sizes, and the offsets of the fields that are not 0.
    private const int StatusSize = 336;
    private const int StatusSignal = 12;
    private const int StatusThread = 32;
    private const int StatusRegisters = 112;
    private const int InformationSize = 136;
    private const int InformationProcess = 24;
    private const int InformationName = 40;
    private const int InformationNameSize = 16;
    private const int InformationArguments = 56;
    private const int InformationArgumentsSize = 80;

    // The number of the only thread, and the signal that ended it.
    private const uint Thread = 1;
    private const ushort SegmentationFault = 11;

    // The XSAVE area: the place where Linux notes XCR0 for debuggers, the first word of the header, and the sizes up to the SSE and the AVX
    // registers.
    private const int XsaveControl = 464;
    private const int XsavePresent = 512;
    private const int XsaveSseSize = 576;
    private const int XsaveAvxSize = 832;

    /// <summary>Writes all notes.</summary>
    /// <param name="guest">The name of the guest.</param>
    /// <param name="entryPoint">
    /// The address of the guest's first instruction, by which debuggers find out where the guest was loaded; <c>null</c> if it is not
    /// known.
    /// </param>
    /// <param name="registers">The registers of the guest's processor.</param>
    public static byte[] Write(string guest, GuestVirtualAddress? entryPoint, ProcessorRegisters registers)
    {
        using MemoryStream notes = new();
        Add(notes, "CORE", ProcessStatus, Status(registers.General, registers.Special));
        Add(notes, "CORE", ProcessInformation, Information(guest));
        Add(notes, "CORE", AuxiliaryVector, entryPoint is { } entry
            ? Words(AuxiliaryEntry, entry.Value, AuxiliaryNull, 0)
            : Words(AuxiliaryNull, 0));
        Add(notes, "LINUX", XsaveState, Xsave(registers));
        return notes.ToArray();
    }

    // Elf64_Nhdr, the name with its final zero, the content; each is padded to 4 bytes.
    private static void Add(MemoryStream notes, string name, uint type, byte[] content)
    {
        Span<byte> header = stackalloc byte[3 * sizeof(uint)];
        BinaryPrimitives.WriteInt32LittleEndian(header, name.Length + 1);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], type);
        notes.Write(header);
        notes.Write(Encoding.ASCII.GetBytes(name + '\0'));
        Pad(notes);
        notes.Write(content);
        Pad(notes);
    }

    private static void Pad(MemoryStream notes)
    {
        while (notes.Length % sizeof(uint) != 0)
        {
            notes.WriteByte(0);
        }
    }

    private static byte[] Status(in GeneralRegisters general, in SpecialRegisters special)
    {
        byte[] status = new byte[StatusSize];
        BinaryPrimitives.WriteUInt16LittleEndian(status.AsSpan(StatusSignal), SegmentationFault);
        BinaryPrimitives.WriteUInt32LittleEndian(status.AsSpan(StatusThread), Thread);

        // struct user_regs_struct: 27 registers. The highest value of "original RAX" means that no system call was interrupted.
        Words(
            general.R15,
            general.R14,
            general.R13,
            general.R12,
            general.Rbp,
            general.Rbx,
            general.R11,
            general.R10,
            general.R9,
            general.R8,
            general.Rax,
            general.Rcx,
            general.Rdx,
            general.Rsi,
            general.Rdi,
            ulong.MaxValue,
            general.Rip,
            special.Cs.Selector,
            general.Rflags,
            general.Rsp,
            special.Ss.Selector,
            special.Fs.Base,
            special.Gs.Base,
            special.Ds.Selector,
            special.Es.Selector,
            special.Fs.Selector,
            special.Gs.Selector).CopyTo(status, StatusRegisters);
        return status;
    }

    private static byte[] Information(string guest)
    {
        byte[] information = new byte[InformationSize];
        BinaryPrimitives.WriteUInt32LittleEndian(information.AsSpan(InformationProcess), Thread);
        byte[] name = Encoding.UTF8.GetBytes(guest);
        name.AsSpan(0, Math.Min(name.Length, InformationNameSize - 1)).CopyTo(information.AsSpan(InformationName));
        name.AsSpan(0, Math.Min(name.Length, InformationArgumentsSize - 1)).CopyTo(information.AsSpan(InformationArguments));
        return information;
    }

    // Debuggers know the content of an area with these sizes and features. Registers wider than those of AVX are left out, because their
    // place depends on the maker of the processor.
    private static byte[] Xsave(ProcessorRegisters registers)
    {
        ulong features = Xcr0X87 | Xcr0Sse | (registers.ExtendedControl & Xcr0Avx);
        byte[] area = registers.Extended[..((features & Xcr0Avx) != 0 ? XsaveAvxSize : XsaveSseSize)];
        BinaryPrimitives.WriteUInt64LittleEndian(area.AsSpan(XsaveControl), features);
        Span<byte> present = area.AsSpan(XsavePresent);
        BinaryPrimitives.WriteUInt64LittleEndian(present, BinaryPrimitives.ReadUInt64LittleEndian(present) & features);
        return area;
    }

    private static byte[] Words(params ReadOnlySpan<ulong> words)
    {
        byte[] bytes = new byte[words.Length * sizeof(ulong)];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), words[i]);
        }

        return bytes;
    }
}
