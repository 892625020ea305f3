namespace Hyperlight.Images;

/// <summary>An image in memory, ready to be written: what is known about the guest, and the bytes of its memory.</summary>
internal sealed class BakedImage
{
    internal BakedImage(ImageConfig config, IReadOnlyList<BlobPiece> pieces)
    {
        Config = config;
        Pieces = pieces;
    }

    /// <summary>What the image records about the guest.</summary>
    public ImageConfig Config { get; }

    /// <summary>The content of the guest's memory in ascending order, without what is zero.</summary>
    internal IReadOnlyList<BlobPiece> Pieces { get; }

    /// <summary>Bytes of the memory that are not zero, in whole pages.</summary>
    public ulong StoredSize => Pieces.Aggregate(0UL, (sum, piece) => sum + GuestLayout.RoundUpToPage((ulong)piece.Bytes.Length));
}
