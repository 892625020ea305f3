using Hyperlight.Elf;

namespace Hyperlight.Validation;

/// <summary>
/// The rules for thread-local variables. Code finds them through a thread pointer, which hosts do not set. A guest may set the thread
/// pointer itself. A guest that does so has one of these traces: the address of the variables' initial values or of the program header for
/// them, an instruction that sets the base of a segment register, or the variables at their final address, followed by the word that points
/// to itself (psABI supplements, thread-local storage variant II).
/// </summary>
internal static class ThreadLocalRules
{
    public static void Check(ElfFile elf, AddressReferences references, CappedFindings findings)
    {
        if (Find(elf) is not { } storage || SetsThreadPointer(elf) || PointsToItself(elf, storage)
            || references.Reach(storage.Address, Math.Max(storage.FileSize, 1)) || ReferToHeaders(elf, references))
        {
            return;
        }

        findings.Add(Rules.ThreadLocalStorage, () =>
        {
            string? variable = elf.Symbols.Where(symbol => symbol.Type == ElfSymbolType.ThreadLocal
                && symbol.Name.Length > 0).Select(symbol => symbol.Name).FirstOrDefault();
            return $"the guest has 0x{storage.Size:X} bytes of thread-local variables "
                + $"({storage.Origin}{(variable is null ? "" : $", {SymbolNames.Quote(variable)} among them")}), "
                + "and nothing in the guest sets up a thread pointer, so that the code looks for them at wrong addresses: "
                + "make the variables ordinary ones, because a guest has one thread, "
                + "or build the guest with start code that sets up the thread pointer, like the start code of the guest kit.";
        });
    }

    private static Storage? Find(ElfFile elf)
    {
        foreach (ElfSegment segment in elf.Segments)
        {
            if (segment is { Type: ElfSegmentType.ThreadLocalStorage, MemorySize: > 0 })
            {
                string origin = $"PT_TLS, program header {segment.Index}";
                return new(origin, segment.VirtualAddress, segment.FileSize, segment.MemorySize, segment.Alignment);
            }
        }

        // A linker script may leave out the PT_TLS program header. The file then still has the sections.
        ElfSection[] sections = [.. elf.Sections.Where(section => (section.Flags & ElfSectionFlags.ThreadLocal) != 0 && section.Size > 0)];
        if (sections.Length == 0)
        {
            return null;
        }

        ElfSection first = sections.MinBy(section => section.Address);
        ElfSection last = sections.MaxBy(section => section.Address);
        ulong size = unchecked(last.Address + last.Size - first.Address);
        ulong fileSize = sections.Aggregate(0UL, (sum, section) => section.Type == ElfSectionType.NoBits
            ? sum
            : unchecked(sum + section.Size));
        string place = $"section {SymbolNames.Quote(first.Name)} without a PT_TLS header";
        return new(place, first.Address, fileSize, size, sections.Max(section => section.Alignment));
    }

    private static bool PointsToItself(ElfFile elf, Storage storage)
    {
        ulong alignment = ulong.IsPow2(storage.Alignment) ? storage.Alignment : 1;
        ulong end = unchecked(storage.Address + storage.Size + (alignment - 1)) & ~(alignment - 1);
        return (elf.Relocations.FirstOrDefault(relocation => relocation.Offset == end
            && relocation.Type == ElfRelocation.Relative) is { Addend: { } addend }
            ? unchecked((ulong)addend) : elf.WordAt(end)) == end;
    }

    private static bool ReferToHeaders(ElfFile elf, AddressReferences references)
    {
        (ulong offset, ulong size) = elf.ProgramHeaders;
        foreach (ElfSegment segment in elf.LoadSegments)
        {
            if (offset >= segment.Offset && offset - segment.Offset < segment.FileSize)
            {
                // Code may also find the program headers through the ELF header, which is before them.
                ulong headers = unchecked(segment.VirtualAddress + (offset - segment.Offset));
                ulong header = segment.Offset == 0 ? segment.VirtualAddress : headers;
                return references.Reach(header, unchecked(headers - header + size));
            }
        }

        return false;
    }

    /// <summary>
    /// Checks whether 64-bit code contains WRFSBASE, WRGSBASE, or a WRMSR with the number of a base register (Intel SDM volumes 2 and 4).
    /// </summary>
    private static bool SetsThreadPointer(ElfFile elf)
    {
        int budget = elf.Bytes.Length;
        foreach (ElfSegment segment in elf.LoadSegments.Where(segment => elf.Format.Is64 && (segment.Flags & ElfSegmentFlags.Execute) != 0))
        {
            ReadOnlySpan<byte> code = elf.ContentOf(segment).Span;
            budget -= code.Length;
            if (budget < 0)
            {
                return true;
            }

            ReadOnlySpan<byte> fsBase = [0x00, 0x01, 0x00, 0xC0];
            ReadOnlySpan<byte> gsBase = [0x01, 0x01, 0x00, 0xC0];
            if (code.IndexOf(fsBase) >= 0 || code.IndexOf(gsBase) >= 0)
            {
                return true;
            }

            ReadOnlySpan<byte> writeBase = [0x0F, 0xAE];
            for (int index; (index = code.IndexOf(writeBase)) >= 0; code = code[(index + 1)..])
            {
                bool hasPrefix = index > 0
                    && (code[index - 1] == 0xF3 || (index > 1 && (code[index - 1] & 0xF0) == 0x40 && code[index - 2] == 0xF3));
                if (hasPrefix && index + 2 < code.Length && (code[index + 2] & 0xF0) == 0xD0)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private sealed record Storage(string Origin, ulong Address, ulong FileSize, ulong Size, ulong Alignment);
}
