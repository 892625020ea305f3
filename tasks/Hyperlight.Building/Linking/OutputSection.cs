using Hyperlight.Elf;

namespace Hyperlight.Linking;

/// <summary>A section of the guest.</summary>
/// <param name="name">The name.</param>
/// <param name="segment">The segment that the section lies in.</param>
internal sealed class OutputSection(string name, LoadSegment segment)
{
    private const ElfSectionFlags Inherited =
        ElfSectionFlags.Allocate | ElfSectionFlags.Write | ElfSectionFlags.Execute | ElfSectionFlags.ThreadLocal;

    /// <summary>Gets the name.</summary>
    public string Name { get; } = name;

    /// <summary>Gets the segment that the section lies in.</summary>
    public LoadSegment Segment { get; } = segment;

    /// <summary>Gets or sets the type. A section without content is zeros.</summary>
    public ElfSectionType Type { get; set; } = ElfSectionType.NoBits;

    /// <summary>Gets or sets the use in memory.</summary>
    public ElfSectionFlags Flags { get; set; }

    /// <summary>Gets or sets the alignment, a power of two.</summary>
    public ulong Alignment { get; set; } = 1;

    /// <summary>Gets or sets the size of an element; 0 if the section has no elements of one size.</summary>
    public ulong ElementSize { get; set; }

    /// <summary>Gets or sets the address.</summary>
    public ulong Address { get; set; }

    /// <summary>Gets or sets the size in bytes.</summary>
    public ulong Size { get; set; }

    /// <summary>Gets the sections of objects, in the order of their addresses.</summary>
    public List<InputSection> Parts { get; } = [];

    /// <summary>Gets the first address behind the section.</summary>
    public ulong End => Address + Size;

    /// <summary>Gets whether the section is zeros, which the file does not have.</summary>
    public bool IsZeros => Type == ElfSectionType.NoBits;

    /// <summary>Adds a section of an object.</summary>
    public void Add(InputSection part)
    {
        part.Output = this;
        Parts.Add(part);
        Flags |= part.Flags & Inherited;
        Alignment = Math.Max(Alignment, part.Alignment);
        if (!part.IsZeros)
        {
            Type = part.Type;
        }
    }

    /// <summary>Sets the offsets of the parts, and the size.</summary>
    public void Arrange()
    {
        ulong size = 0;
        foreach (InputSection part in Parts)
        {
            part.Offset = Round.Up(size, part.Alignment);
            size = checked(part.Offset + part.Size);
        }

        Size = Math.Max(Size, size);
    }
}
