namespace Hyperlight;

/// <summary>What a guest tried to do with memory it may not use so.</summary>
public enum MemoryAccessKind
{
    /// <summary>To read data.</summary>
    Read,

    /// <summary>To write data.</summary>
    Write,

    /// <summary>To fetch an instruction.</summary>
    Execute,
}
