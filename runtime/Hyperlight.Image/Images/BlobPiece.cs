namespace Hyperlight.Images;

/// <summary>A piece of a guest's memory. Memory that no piece covers is zero.</summary>
/// <param name="Offset">The offset of the first byte from the start of the memory.</param>
/// <param name="Bytes">The bytes.</param>
internal readonly record struct BlobPiece(ulong Offset, ReadOnlyMemory<byte> Bytes);
