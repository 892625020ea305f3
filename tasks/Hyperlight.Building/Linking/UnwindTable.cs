using System.Buffers.Binary;
using System.Text;

namespace Hyperlight.Linking;

/// <summary>
/// The unwinding entries of a guest (<c>.eh_frame</c>), without those of code that was left out, and the index of their addresses
/// (<c>.eh_frame_hdr</c>).
/// </summary>
internal sealed class UnwindTable
{
    private const int WordSize = 4;
    private const int IndexHeaderSize = 12;

    // Behind its length and the distance to its common entry, an entry has the address of its code.
    private const int CodeOffset = 8;

    private readonly List<UnwindEntry> _entries = [];
    private readonly List<UnwindEntry> _kept = [];
    private int _functions;

    /// <summary>Gets the entries that the guest has, in the order of their places.</summary>
    public IReadOnlyList<UnwindEntry> Kept => _kept;

    /// <summary>Gets the size of the entries in bytes, with the word 0 at the end.</summary>
    public ulong Size { get; private set; }

    /// <summary>Gets the size of the index in bytes.</summary>
    public ulong IndexSize => _functions == 0 ? 0 : (ulong)(IndexHeaderSize + (2 * WordSize * _functions));

    /// <summary>Reads the entries of all objects.</summary>
    /// <exception cref="HyperlightException">Entries are malformed (HL7001).</exception>
    public void Read(IEnumerable<InputObject> objects)
    {
        foreach (InputSection? section in objects.SelectMany(from => from.Sections))
        {
            if (section is { Name: SectionNames.Unwind, IsDiscarded: false })
            {
                Read(section);
            }
        }
    }

    /// <summary>Keeps the entries of live code. Equal common entries become one.</summary>
    public void Keep()
    {
        Dictionary<(string, LinkSymbol?, long), ulong> common = [];
        ulong size = 0;
        foreach (UnwindEntry entry in _entries)
        {
            if (entry.Common is not { } shared || entry.Code is not { IsLive: true })
            {
                continue;
            }

            ReadOnlySpan<InputRelocation> relocations = shared.Relocations.Span;
            InputRelocation personality = relocations.IsEmpty ? default : relocations[0];
            var key = (Encoding.Latin1.GetString(shared.Bytes), (LinkSymbol?)personality.Symbol, personality.Addend);
            if (common.TryGetValue(key, out ulong place))
            {
                shared.Place = place;
            }
            else
            {
                common.Add(key, Place(shared, ref size));
            }

            Place(entry, ref size);
            _functions++;
        }

        Size = size == 0 ? 0 : size + WordSize;
    }

    /// <summary>Writes the index: for each function, in the order of the addresses, the function and its entry.</summary>
    /// <param name="entries">The section of the entries.</param>
    /// <param name="index">The section of the index.</param>
    /// <param name="image">The guest.</param>
    public void WriteIndex(OutputSection entries, OutputSection index, Span<byte> image)
    {
        if (_functions == 0)
        {
            return;
        }

        List<(ulong Code, ulong Entry)> rows = [];
        foreach (UnwindEntry entry in _kept)
        {
            ulong address = entries.Address + entry.Place;
            if (entry.Common is { } common)
            {
                InputRelocation code = entry.Relocations.Span[0];
                rows.Add((unchecked(code.Symbol.Address + (ulong)code.Addend), address));
                Put(image, address + WordSize, (long)(entry.Place + WordSize - common.Place));
            }
        }

        rows.Sort();

        // Version 1; the pointer to the entries is relative (0x1B), the count a number (0x03), the rows relative to the index (0x3B).
        ReadOnlySpan<byte> header = [1, 0x1B, 0x03, 0x3B];
        header.CopyTo(image[(int)index.Address..]);
        Put(image, index.Address + 4, (long)(entries.Address - (index.Address + 4)));
        Put(image, index.Address + 8, rows.Count);
        ulong at = index.Address + IndexHeaderSize;
        foreach ((ulong code, ulong entry) in rows)
        {
            Put(image, at, (long)(code - index.Address));
            Put(image, at + WordSize, (long)(entry - index.Address));
            at += 2 * WordSize;
        }
    }

    private static void Put(Span<byte> image, ulong at, long value) =>
        BinaryPrimitives.WriteInt32LittleEndian(image[(int)at..], unchecked((int)value));

    private ulong Place(UnwindEntry entry, ref ulong size)
    {
        entry.Place = size;
        _kept.Add(entry);
        size += (ulong)entry.Size;
        return entry.Place;
    }

    private void Read(InputSection section)
    {
        InputRelocation[] relocations = [.. section.Relocations.OrderBy(relocation => relocation.Offset)];
        Dictionary<long, UnwindEntry> common = [];
        ReadOnlySpan<byte> bytes = section.Data.Span;
        int next = 0;
        for (int at = 0; at + WordSize <= bytes.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
            if (length == 0)
            {
                at += WordSize;
                continue;
            }

            if (length < WordSize || length > (uint)(bytes.Length - at - WordSize))
            {
                throw Malformed(section, at, $"has the length {length}");
            }

            int size = (int)length + WordSize;
            int first = next;
            while (next < relocations.Length && relocations[next].Offset < (ulong)(at + size))
            {
                next++;
            }

            uint distance = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + WordSize)..]);
            UnwindEntry? shared = null;
            if (distance != 0 && !common.TryGetValue(at + WordSize - (long)distance, out shared))
            {
                throw Malformed(section, at, "has no common entry");
            }

            ReadOnlyMemory<InputRelocation> own = relocations.AsMemory(first, next - first);
            bool hasCode = shared is not null && own.Length > 0 && own.Span[0].Offset == (ulong)(at + CodeOffset);
            UnwindEntry entry = new()
            {
                Section = section,
                Offset = at,
                Size = size,
                Relocations = own,
                Common = shared,
                Code = hasCode ? own.Span[0].Symbol.Section : null,
            };
            entry.Code?.Frames.Add(entry);
            if (shared is null)
            {
                common.Add(at, entry);
            }

            _entries.Add(entry);
            at += size;
        }
    }

    private static HyperlightException Malformed(InputSection section, int at, string what) =>
        LinkFailure.Malformed(section.Object!.Name, $"the unwinding entry at 0x{at:x} of {section.Name} {what}");
}
