namespace Hyperlight.Linking;

/// <summary>A section with debug information. The guest does not have the section; its symbol file does.</summary>
/// <param name="name">The name.</param>
/// <param name="number">The number in the object.</param>
/// <param name="data">The content.</param>
internal sealed class DebugSection(string name, uint number, ReadOnlyMemory<byte> data)
{
    /// <summary>Gets the name, for example <c>.debug_line</c>.</summary>
    public string Name { get; } = name;

    /// <summary>Gets the number in the object.</summary>
    public uint Number { get; } = number;

    /// <summary>Gets the content.</summary>
    public ReadOnlyMemory<byte> Data { get; } = data;

    /// <summary>Gets or sets the relocations as the object has them: with debug information they are most of an object.</summary>
    public ReadOnlyMemory<byte> Relocations { get; set; }

    /// <summary>Gets or sets the offset in the section of the symbol file, to which the sections of all objects are joined.</summary>
    public int Start { get; set; }
}
