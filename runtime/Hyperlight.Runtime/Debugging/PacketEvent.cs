namespace Hyperlight.Debugging;

/// <summary>The things that a byte from a debugger can complete.</summary>
internal enum PacketEvent
{
    /// <summary>Nothing is complete yet.</summary>
    None,

    /// <summary>A packet is complete.</summary>
    Packet,

    /// <summary>A packet is complete, and its checksum is wrong.</summary>
    Damaged,

    /// <summary>The debugger has received the last packet.</summary>
    Acknowledged,

    /// <summary>The debugger asks for the last packet again.</summary>
    Refused,

    /// <summary>The debugger asks to stop the guest.</summary>
    Interrupt,

    /// <summary>The bytes are not those of a debugger.</summary>
    Broken,
}
