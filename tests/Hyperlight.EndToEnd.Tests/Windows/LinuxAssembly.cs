using System.Buffers.Binary;
using System.Reflection.PortableExecutable;

namespace Hyperlight.EndToEnd.Tests.Windows;

/// <summary>
/// Makes assemblies of the .NET SDK for Linux loadable on Windows. Beside the IL, which runs anywhere, they contain machine code for Linux,
/// which another system refuses.
/// </summary>
internal static class LinuxAssembly
{
    // The number of the processor in a file with machine code for Linux: x64, with the mark of Linux (pedecoder.h of .NET).
    private const int LinuxX64 = 0x8664 ^ 0x7B79;

    // Offsets and sizes of the PE format.
    private const int MachineOffset = 4;
    private const int OptionalHeaderOffset = 24;
    private const int SizeOfCodeOffset = 4;
    private const int EntryPointOffset = 16;
    private const int AlignmentsOffset = 32;
    private const int SizesOffset = 56;
    private const int DirectoriesOffset = 112;
    private const int DirectorySize = 8;
    private const int Page = 0x1000;
    private const uint ReadExecuteCode = 0x6000_0020;

    // Exports, imports, exceptions, signature, relocations, debug information and import addresses belong to the machine code.
    private static readonly int[] NativeDirectories = [0, 1, 3, 4, 5, 6, 12];

    // Offsets and bits of the header of .NET.
    private const int FlagsOffset = 16;
    private const int NativeHeaderOffset = 64;
    private const uint IlOnly = 1;
    private const uint IlLibrary = 4;

    /// <summary>Removes the machine code. The result is <c>null</c> if a file has none for Linux.</summary>
    public static byte[]? WithoutMachineCode(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        using PEReader reader = new(new MemoryStream(file));
        PEHeaders headers = reader.PEHeaders;
        if ((int)headers.CoffHeader.Machine != LinuxX64)
        {
            return null;
        }

        // All sections become one, in which the place of a byte in the file is its place in memory, because Windows demands sections of
        // whole pages.
        int header = headers.CoffHeaderStartOffset - MachineOffset;
        int optional = header + OptionalHeaderOffset;
        int section = optional + headers.CoffHeader.SizeOfOptionalHeader;
        int end = headers.SectionHeaders.Max(part => part.VirtualAddress + Math.Max(part.VirtualSize, part.SizeOfRawData));
        int size = (end + Page - 1) / Page * Page;
        byte[] result = new byte[size];
        file.AsSpan(0, section).CopyTo(result);
        foreach (SectionHeader part in headers.SectionHeaders)
        {
            file.AsSpan(part.PointerToRawData, Math.Min(part.SizeOfRawData, part.VirtualSize)).CopyTo(result.AsSpan(part.VirtualAddress));
        }

        Write16(header + MachineOffset, (ushort)System.Reflection.PortableExecutable.Machine.Amd64);
        Write16(header + MachineOffset + sizeof(ushort), 1);
        Write(optional + SizeOfCodeOffset, size - Page);
        Write(optional + EntryPointOffset, 0);
        Write(optional + AlignmentsOffset, Page, Page);
        Write(optional + SizesOffset, size, Page, 0);
        foreach (int directory in NativeDirectories)
        {
            Write(optional + DirectoriesOffset + directory * DirectorySize, 0, 0);
        }

        ".text\0\0\0"u8.CopyTo(result.AsSpan(section));
        Write(section + 8, size - Page, Page, size - Page, Page, 0, 0, 0, unchecked((int)ReadExecuteCode));
        int cor = headers.PEHeader!.CorHeaderTableDirectory.RelativeVirtualAddress;
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(result.AsSpan(cor + FlagsOffset));
        Write(cor + FlagsOffset, (int)((flags | IlOnly) & ~IlLibrary));
        Write(cor + NativeHeaderOffset, 0, 0);
        return result;

        void Write16(int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(result.AsSpan(offset), value);

        void Write(int offset, params ReadOnlySpan<int> values)
        {
            foreach (int value in values)
            {
                BinaryPrimitives.WriteInt32LittleEndian(result.AsSpan(offset), value);
                offset += sizeof(int);
            }
        }
    }
}
