namespace Hyperlight.Elf;

/// <summary>The permissions of a segment's memory (gABI, p_flags).</summary>
[Flags]
#pragma warning disable CA1711 // Named after p_flags.
internal enum ElfSegmentFlags : uint
#pragma warning restore CA1711
{
    /// <summary>No permissions.</summary>
    None = 0,

    /// <summary>PF_X: the memory is executable.</summary>
    Execute = 1,

    /// <summary>PF_W: the memory is writable.</summary>
    Write = 2,

    /// <summary>PF_R: the memory is readable.</summary>
    Read = 4,
}
