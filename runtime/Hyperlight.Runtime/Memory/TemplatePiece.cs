namespace Hyperlight.Memory;

/// <summary>A piece of the content of a <see cref="MemoryTemplate"/>.</summary>
/// <param name="Offset">The offset of the first byte in the memory.</param>
/// <param name="Bytes">The bytes, which nobody changes any more.</param>
internal readonly record struct TemplatePiece(ulong Offset, ReadOnlyMemory<byte> Bytes);
