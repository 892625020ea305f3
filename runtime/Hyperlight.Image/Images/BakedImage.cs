namespace Hyperlight.Images;

/// <summary>An image that has been baked and not yet written: the config and the bytes of the guest's memory.</summary>
internal sealed class BakedImage
{
    internal BakedImage(ImageConfig config, IReadOnlyList<BlobPiece> pieces, ReadOnlyMemory<byte> sourceMap = default)
    {
        Config = config;
        Pieces = pieces;
        SourceMap = sourceMap;
    }

    /// <summary>Gets the config.</summary>
    public ImageConfig Config { get; }

    /// <summary>Gets the pieces of the guest's memory that are not zero, in ascending order.</summary>
    internal IReadOnlyList<BlobPiece> Pieces { get; }

    /// <summary>
    /// Gets the content of the guest's source map, which is no part of the image; empty if nothing is known about the guest's functions.
    /// </summary>
    internal ReadOnlyMemory<byte> SourceMap { get; }

    /// <summary>Gets the size of the pieces in whole pages, in bytes.</summary>
    public ulong StoredSize => Pieces.Aggregate(0UL, (sum, piece) => sum + GuestLayout.RoundUpToPage((ulong)piece.Bytes.Length));
}
