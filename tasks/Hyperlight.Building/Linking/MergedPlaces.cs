namespace Hyperlight.Linking;

/// <summary>Where the elements of a section lie after equal elements of several sections were merged.</summary>
/// <param name="section">The section with the merged elements.</param>
/// <param name="starts">The offset of each element in the original section, in rising order.</param>
/// <param name="places">The offset of each element in <paramref name="section"/>.</param>
internal sealed class MergedPlaces(InputSection section, ulong[] starts, ulong[] places)
{
    /// <summary>Gets the address of an offset in the original section.</summary>
    public ulong AddressOf(ulong offset)
    {
        int index = Array.BinarySearch(starts, offset);
        index = index < 0 ? Math.Max(0, ~index - 1) : index;
        return starts.Length == 0 ? section.AddressOf(0) : section.AddressOf(unchecked(places[index] + offset - starts[index]));
    }
}
