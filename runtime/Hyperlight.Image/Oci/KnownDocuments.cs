namespace Hyperlight.Oci;

/// <summary>
/// The documents of blobs that this process has read and whose digests it has checked. A document follows from its digest, whatever
/// happens to its file later. Any thread may use any member.
/// </summary>
internal static class KnownDocuments
{
    // Documents of images and snapshots have a few KiB. A program that opens more of them than this reads some documents again.
    private const int MaxCount = 64;
    private const int MaxSize = 64 << 10;

    private static readonly Lock Lock = new();
    private static readonly Dictionary<(string Digest, long Size, Type Type), object> Documents = [];

    /// <summary>Gets the number of known documents.</summary>
    public static int Count
    {
        get
        {
            lock (Lock)
            {
                return Documents.Count;
            }
        }
    }

    /// <summary>Finds a document; <c>null</c> if the document is not known.</summary>
    public static T? Find<T>(OciDescriptor descriptor)
        where T : class
    {
        lock (Lock)
        {
            return Documents.TryGetValue(KeyOf<T>(descriptor), out object? document) ? (T)document : null;
        }
    }

    /// <summary>Adds a document whose digest was checked, unless the document is large.</summary>
    public static void Add<T>(OciDescriptor descriptor, T document)
        where T : class
    {
        if (descriptor.Size > MaxSize)
        {
            return;
        }

        lock (Lock)
        {
            if (Documents.Count >= MaxCount)
            {
                Documents.Clear();
            }

            Documents[KeyOf<T>(descriptor)] = document;
        }
    }

    private static (string Digest, long Size, Type Type) KeyOf<T>(OciDescriptor descriptor) =>
        (descriptor.Digest, descriptor.Size, typeof(T));
}
