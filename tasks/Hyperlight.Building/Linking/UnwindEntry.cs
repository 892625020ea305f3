namespace Hyperlight.Linking;

/// <summary>An entry of <c>.eh_frame</c>: what several functions have in common (CIE), or how one function is unwound (FDE).</summary>
internal sealed class UnwindEntry
{
    /// <summary>Gets the section of the entry.</summary>
    public required InputSection Section { get; init; }

    /// <summary>Gets the offset of the entry in its section.</summary>
    public required int Offset { get; init; }

    /// <summary>Gets the size of the entry in bytes, with the word that has its length.</summary>
    public required int Size { get; init; }

    /// <summary>Gets the relocations of the entry, in the order of their offsets.</summary>
    public required ReadOnlyMemory<InputRelocation> Relocations { get; init; }

    /// <summary>Gets the common entry; <c>null</c> if this entry is a common one.</summary>
    public UnwindEntry? Common { get; init; }

    /// <summary>Gets the code that the entry describes; <c>null</c> if this entry is a common one, or describes nothing.</summary>
    public InputSection? Code { get; init; }

    /// <summary>Gets or sets the offset of the entry in the guest's <c>.eh_frame</c>.</summary>
    public ulong Place { get; set; }

    /// <summary>Gets the bytes of the entry.</summary>
    public ReadOnlySpan<byte> Bytes => Section.Data.Span.Slice(Offset, Size);
}
