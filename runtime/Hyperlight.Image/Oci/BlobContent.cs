namespace Hyperlight.Oci;

/// <summary>Passes the bytes of a blob to a sink, in ascending order and equal at each call. Bytes that are not passed are zero.</summary>
/// <param name="sink">Receives the bytes.</param>
internal delegate void BlobContent(BlobSink sink);

/// <summary>Receives bytes of a blob.</summary>
/// <param name="offset">The offset of the first byte from the start of the blob.</param>
/// <param name="bytes">The bytes.</param>
internal delegate void BlobSink(ulong offset, ReadOnlySpan<byte> bytes);
