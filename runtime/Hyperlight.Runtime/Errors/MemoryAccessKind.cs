namespace Hyperlight;

/// <summary>The kinds of access to memory.</summary>
public enum MemoryAccessKind
{
    /// <summary>The guest read data.</summary>
    Read,

    /// <summary>The guest wrote data.</summary>
    Write,

    /// <summary>The guest fetched an instruction.</summary>
    Execute,
}
