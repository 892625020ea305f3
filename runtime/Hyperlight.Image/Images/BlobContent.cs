namespace Hyperlight.Images;

/// <summary>Gives the bytes of a blob in ascending order, the same at every call; what is not given is zero.</summary>
/// <param name="sink">Takes them.</param>
internal delegate void BlobContent(BlobSink sink);

/// <summary>Takes bytes of a blob.</summary>
/// <param name="offset">Where they start, from the start of the blob.</param>
/// <param name="bytes">The bytes.</param>
internal delegate void BlobSink(ulong offset, ReadOnlySpan<byte> bytes);
