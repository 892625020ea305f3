namespace Hyperlight.Linking;

/// <summary>A segment of the guest that is loaded, in the order of the addresses. Each has pages of its own.</summary>
internal enum LoadSegment
{
    /// <summary>The ELF header, and data that nothing writes.</summary>
    ReadOnly,

    /// <summary>Code.</summary>
    Code,

    /// <summary>Data that the guest writes.</summary>
    Data,
}
