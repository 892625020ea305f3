namespace Hyperlight.Images;

/// <summary>Bytes at a place in a guest's memory; what no piece covers is zero.</summary>
/// <param name="Offset">Where the bytes start, from the start of the memory.</param>
/// <param name="Bytes">The bytes.</param>
internal readonly record struct BlobPiece(ulong Offset, ReadOnlyMemory<byte> Bytes);
