using System.Text;
using Hyperlight.Elf;

namespace Hyperlight.Linking;

/// <summary>
/// Merges equal elements of sections with the flag SHF_MERGE. Of strings, one that ends as a longer one does lies inside the longer one.
/// </summary>
internal static class StringMerger
{
    private const ulong LargestElement = 64;

    /// <summary>Gets whether a section has elements that may be merged.</summary>
    public static bool CanMerge(InputSection section) =>
        section.Has(ElfSectionFlags.Merge) && !section.Has(ElfSectionFlags.Write) && !section.IsZeros
        && section.ElementSize is > 0 and <= LargestElement && section.Size % section.ElementSize == 0
        && section.Relocations.Length == 0;

    /// <summary>Merges sections that have the same element size, alignment and flags.</summary>
    /// <param name="sections">The sections in the order of the objects.</param>
    /// <param name="merged">Receives the content.</param>
    public static void Merge(IReadOnlyList<InputSection> sections, InputSection merged)
    {
        bool areStrings = merged.Has(ElfSectionFlags.Strings);
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        List<string> elements = [];
        List<(InputSection Section, List<ulong> Starts, List<int> Numbers)> cuts = [];
        foreach (InputSection section in sections)
        {
            List<ulong> starts = [];
            List<int> found = [];
            ReadOnlySpan<byte> bytes = section.Data.Span;
            for (int at = 0, size; at < bytes.Length; at += size)
            {
                size = areStrings ? LengthOfString(bytes[at..], (int)merged.ElementSize) : (int)merged.ElementSize;
                string element = Encoding.Latin1.GetString(bytes.Slice(at, size));
                if (!numbers.TryGetValue(element, out int number))
                {
                    numbers.Add(element, number = elements.Count);
                    elements.Add(element);
                }

                starts.Add((ulong)at);
                found.Add(number);
            }

            cuts.Add((section, starts, found));
        }

        bool sharesEnds = areStrings && merged is { ElementSize: 1, Alignment: 1 };
        ulong[] places = Place(elements, sharesEnds ? LongerOnes(elements) : null, merged);
        foreach ((InputSection section, List<ulong> starts, List<int> found) in cuts)
        {
            section.Merged = new(merged, [.. starts], [.. found.Select(number => places[number])]);
        }
    }

    private static int LengthOfString(ReadOnlySpan<byte> bytes, int elementSize)
    {
        for (int at = 0; at + elementSize <= bytes.Length; at += elementSize)
        {
            if (!bytes.Slice(at, elementSize).ContainsAnyExcept((byte)0))
            {
                return at + elementSize;
            }
        }

        return bytes.Length;
    }

    // Sorted by their ends, a string lies right before one that ends as the string does. Gets the number of that one for each; -1 for none.
    private static int[] LongerOnes(List<string> elements)
    {
        string[] reversed = [.. elements.Select(Reverse)];
        int[] order = [.. Enumerable.Range(0, elements.Count)];
        Array.Sort(order, (left, right) => string.CompareOrdinal(reversed[left], reversed[right]));
        int[] longer = new int[elements.Count];
        Array.Fill(longer, -1);
        for (int i = 0; i < order.Length - 1; i++)
        {
            if (reversed[order[i + 1]].StartsWith(reversed[order[i]], StringComparison.Ordinal))
            {
                longer[order[i]] = order[i + 1];
            }
        }

        return longer;
    }

    private static string Reverse(string text) => string.Create(text.Length, text, static (target, source) =>
    {
        source.CopyTo(target);
        target.Reverse();
    });

    private static ulong[] Place(List<string> elements, int[]? longer, InputSection merged)
    {
        using MemoryStream content = new();
        ulong[] places = new ulong[elements.Count];
        for (int i = 0; i < elements.Count; i++)
        {
            if (longer is null || longer[i] < 0)
            {
                while ((ulong)content.Length % merged.Alignment != 0)
                {
                    content.WriteByte(0);
                }

                places[i] = (ulong)content.Length;
                content.Write(Encoding.Latin1.GetBytes(elements[i]));
            }
        }

        for (int i = 0; longer is not null && i < elements.Count; i++)
        {
            int host = i;
            while (longer[host] >= 0)
            {
                host = longer[host];
            }

            places[i] = places[host] + (ulong)(elements[host].Length - elements[i].Length);
        }

        merged.Data = content.ToArray();
        merged.Size = (ulong)content.Length;
        return places;
    }
}
