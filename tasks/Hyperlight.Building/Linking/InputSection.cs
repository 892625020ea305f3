using Hyperlight.Elf;

namespace Hyperlight.Linking;

/// <summary>A section of an object, or a section that the linker makes.</summary>
/// <param name="name">The name.</param>
/// <param name="type">The type.</param>
/// <param name="flags">The use in memory.</param>
internal sealed class InputSection(string name, ElfSectionType type, ElfSectionFlags flags)
{
    /// <summary>Gets the name.</summary>
    public string Name { get; } = name;

    /// <summary>Gets the type.</summary>
    public ElfSectionType Type { get; } = type;

    /// <summary>Gets the use in memory.</summary>
    public ElfSectionFlags Flags { get; } = flags;

    /// <summary>Gets the object of the section; <c>null</c> if the linker made the section.</summary>
    public InputObject? Object { get; init; }

    /// <summary>Gets the alignment, a power of two.</summary>
    public ulong Alignment { get; init; } = 1;

    /// <summary>Gets or sets the size in bytes.</summary>
    public ulong Size { get; set; }

    /// <summary>Gets the size of an element; 0 if the section has no elements of one size.</summary>
    public ulong ElementSize { get; init; }

    /// <summary>Gets or sets the content; empty for zeros.</summary>
    public ReadOnlyMemory<byte> Data { get; set; }

    /// <summary>Gets or sets the relocations, in the order of the object.</summary>
    public InputRelocation[] Relocations { get; set; } = [];

    /// <summary>Gets or sets the sections that are kept together with the section; <c>null</c> for none.</summary>
    public List<InputSection>? Group { get; set; }

    /// <summary>Gets the unwinding entries that describe the code.</summary>
    public List<UnwindEntry> Frames { get; } = [];

    /// <summary>Gets or sets whether an earlier object has the group of the section.</summary>
    public bool IsDiscarded { get; set; }

    /// <summary>Gets or sets whether the section becomes a part of the guest.</summary>
    public bool IsLive { get; set; }

    /// <summary>Gets or sets the section of the guest; <c>null</c> until there is one.</summary>
    public OutputSection? Output { get; set; }

    /// <summary>Gets or sets the offset in <see cref="Output"/>.</summary>
    public ulong Offset { get; set; }

    /// <summary>Gets or sets the place of each element after equal elements were merged; <c>null</c> if nothing was.</summary>
    public MergedPlaces? Merged { get; set; }

    /// <summary>Gets whether the section is zeros.</summary>
    public bool IsZeros => Type == ElfSectionType.NoBits;

    /// <summary>Gets whether the section has all of some flags.</summary>
    public bool Has(ElfSectionFlags flags) => (Flags & flags) == flags;

    /// <summary>Gets the address of an offset in the section.</summary>
    public ulong AddressOf(ulong offset) => Merged?.AddressOf(offset) ?? unchecked(Output!.Address + Offset + offset);

    /// <summary>Gets the name with the object.</summary>
    public override string ToString() => $"{Object?.Name ?? "(linker)"}:({Name})";
}
