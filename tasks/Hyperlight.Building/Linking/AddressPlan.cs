using Hyperlight.Elf;

namespace Hyperlight.Linking;

/// <summary>The addresses of sections and segments. In the file each byte has the offset that is its address.</summary>
internal sealed class AddressPlan
{
    /// <summary>The greatest size of a guest's memory, and of its file. Distances between its parts must fit into 31 bits.</summary>
    public const ulong MostBytes = 1 << 30;

    private readonly SegmentRange[] _segments = new SegmentRange[Enum.GetValues<LoadSegment>().Length];

    /// <summary>Gives addresses to the sections.</summary>
    /// <param name="outputs">The sections in the order of their addresses.</param>
    /// <param name="headerSize">The size of the ELF header and the program headers, which lie in front of the sections.</param>
    /// <exception cref="HyperlightException">The guest exceeds a limit (HL7010).</exception>
    public AddressPlan(IReadOnlyList<OutputSection> outputs, ulong headerSize)
    {
        Outputs = outputs;
        ulong at = headerSize;
        foreach (LoadSegment segment in Enum.GetValues<LoadSegment>())
        {
            at = segment == LoadSegment.ReadOnly ? at : Round.Up(at, GuestLayout.PageSize);
            ulong start = segment == LoadSegment.ReadOnly ? 0 : at;
            ulong fileEnd = segment == LoadSegment.ReadOnly ? at : start;
            foreach (OutputSection output in outputs.Where(output => output.Segment == segment))
            {
                output.Address = Round.Up(at, output.Alignment);

                // Each thread has its own copy of the thread-local variables, so those that are 0 need no memory in the guest.
                if (output.Size == 0 || (output.IsZeros && output.Flags.HasFlag(ElfSectionFlags.ThreadLocal)))
                {
                    continue;
                }

                at = checked(output.Address + output.Size);
                fileEnd = output.IsZeros ? fileEnd : at;
                CheckSize(at);
            }

            _segments[(int)segment] = new(start, fileEnd - start, at - start);
        }

        ThreadStart = outputs.First(output => output.Name == SectionNames.ThreadData).Address;
        ThreadPointer = FindThreadPointer(outputs, ThreadStart);
    }

    /// <summary>Gets the sections in the order of their addresses.</summary>
    public IReadOnlyList<OutputSection> Outputs { get; }

    /// <summary>Gets the address of the thread-local variables.</summary>
    public ulong ThreadStart { get; }

    /// <summary>Gets the address behind the thread-local variables, from which code counts down to them.</summary>
    public ulong ThreadPointer { get; }

    /// <summary>Gets the end of what the file has of the segments.</summary>
    public ulong FileEnd => _segments.Max(segment => segment.Start + segment.FileSize);

    /// <summary>Gets the range of a segment.</summary>
    public SegmentRange RangeOf(LoadSegment segment) => _segments[(int)segment];

    private static void CheckSize(ulong size)
    {
        if (size > MostBytes)
        {
            throw new HyperlightException(Rules.LinkLimit.Found(
                $"the guest has more than 0x{size:x} bytes of code and data, allowed are 0x{MostBytes:x}: "
                + $"make large variables smaller, or allocate them when the guest runs."));
        }
    }

    private static ulong FindThreadPointer(IReadOnlyList<OutputSection> outputs, ulong start)
    {
        OutputSection[] sections = [.. outputs.Where(output => output.Flags.HasFlag(ElfSectionFlags.ThreadLocal))];
        ulong alignment = sections.Select(section => section.Alignment).DefaultIfEmpty(1ul).Max();
        if (alignment > LinkLayout.ThreadAlignment)
        {
            throw new HyperlightException(Rules.LinkLimit.Found(
                $"a thread-local variable is aligned to {alignment} bytes, allowed are {LinkLayout.ThreadAlignment}: "
                + $"lower the alignment of the variable."));
        }

        return Round.Up(sections.Select(section => section.End).Append(start).Max(), LinkLayout.ThreadAlignment);
    }
}
