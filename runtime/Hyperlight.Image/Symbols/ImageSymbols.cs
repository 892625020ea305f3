using Hyperlight.Concurrency;

namespace Hyperlight.Symbols;

/// <summary>
/// The source map of an image, or its absence. The file is read when the first place is asked for, and never again. Any thread may ask.
/// </summary>
/// <param name="imageDirectory">The folder of the image.</param>
/// <param name="guestSha256">The SHA-256 of the guest's ELF file, as the image records it.</param>
internal sealed class ImageSymbols(string imageDirectory, string guestSha256)
{
    private readonly SteadyLock _lock = new();
    private bool _isRead;
    private SourceMap? _map;
    private Finding? _finding;

    /// <summary>Gets whether the image has a map that can be used.</summary>
    public bool HasMap => Map is not null;

    private SourceMap? Map
    {
        get
        {
            using (_lock.Enter())
            {
                if (!_isRead)
                {
                    _map = SourceMap.TryOpen(imageDirectory, guestSha256, out _finding);
                    _isRead = true;
                }

                return _map;
            }
        }
    }

    /// <summary>Finds the function, the file and the line of an address.</summary>
    /// <param name="address">The address of an instruction as the guest runs.</param>
    /// <returns>The place; <c>null</c> if the image has no map, or if the map does not know the address.</returns>
    public GuestLocation? Find(GuestVirtualAddress address) => Map?.Find(address);

    /// <summary>Takes the reason why the map cannot be used, so that it is reported once.</summary>
    /// <returns>HL3019; <c>null</c> if the map can be used, if there is none, or if the reason was taken before.</returns>
    public Finding? TakeFinding() => Interlocked.Exchange(ref _finding, null);
}
