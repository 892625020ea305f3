using Hyperlight.Layouts;
using Hyperlight.Memory;
using Hyperlight.Paging;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Snapshots;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>
/// Tests that a snapshot has the same page tables whether tables are copied or built page by page (amd64 sheet, section 6.3), after a guest
/// has changed its tables in any way that moves no page. The pages are found here by the walk that copies nothing.
/// </summary>
public sealed class CopiedTablesTests
{
    private const int Rounds = 300;

    [KvmTheory(Needs.Hypervisor)]
    [InlineData("misbehave")]
    [InlineData("misbehave-paged")]
    public void Copied_tables_are_those_that_are_built(string name)
    {
        using TestGuest guest = new(name, request => request with { Sizes = new() { HeapSize = 9 << 20 } });
        MemoryMap map = guest.Image.Map;
        PageTableFormat format = PageTableFormat.Of(map.Layout.Paging);
        Random random = new(14);
        using MemoryTemplate template = ScratchTemplate.OfImage(map, guest.Image.File, Hypervisor.Chosen.Memory);
        using GuestMemory memory = new(map, guest.Image.File, Hypervisor.Chosen.Memory);
        HashSet<int> sizes = [];
        for (int round = 0; round < Rounds; round++)
        {
            memory.Reset(template);
            for (int change = 0; change < round % 4; change++)
            {
                Change(memory, map, format, random);
            }

            byte[] expected = Build(memory, map, format);
            using PagedSnapshotMemory snapshot = Compaction.Run(map, memory, format, [map.PageTables.Gpa]);

            Assert.True(expected.AsSpan().SequenceEqual(snapshot.Tables.Read()), $"round {round}");
            sizes.Add(expected.Length);
        }

        Assert.True(sizes.Count > 1, "Some changes remove or add a table.");
    }

    private static byte[] Build(GuestMemory memory, MemoryMap map, PageTableFormat format)
    {
        PageTableBuilder tables = new(format, map.PageTables.Gpa, (int)map.PageTables.Size);
        new PageTableWalker(format, memory.ToPhysical(), map.Scratch.Gva)
            .Walk(map.PageTables.Gpa, leaf => tables.Map(leaf.Gva, leaf.Gpa, leaf.Bits));
        for (ulong offset = 0; offset < map.Scratch.Size; offset += GuestLayout.PageSize)
        {
            tables.MapScratchPage(map.Scratch.Gva + offset, map.Scratch.Gpa + offset, map.Scratch.Guest);
        }

        return tables.Build();
    }

    // Changes an entry that translates addresses of the image or the heap, or an entry above.
    private static void Change(GuestMemory memory, MemoryMap map, PageTableFormat format, Random random)
    {
        ulong gva = map.Image.Gva.Value + ((ulong)random.NextInt64((long)(map.Heap.Gva - map.Image.Gva + map.Heap.Size)) & ~0xFFFUL);
        int last = random.Next(4) == 0 ? random.Next(format.Shifts.Length) : format.LastLevel;
        GuestPhysicalAddress table = map.PageTables.Gpa;
        for (int level = 0; ; level++)
        {
            Span<byte> page = memory.Scratch.Slice(table - map.Scratch.Gpa, (int)GuestLayout.PageSize);
            int index = format.Index(new(gva), level);
            ulong entry = format.Read(page, index);
            if (level == last)
            {
                format.Write(page, index, Changed(entry, level == format.LastLevel, map, format, random));
                return;
            }

            table = new(entry & format.AddressMask);
            if ((entry & PageTableEntry.Present) == 0)
            {
                return;
            }
        }
    }

    private static ulong Changed(ulong entry, bool isLast, MemoryMap map, PageTableFormat format, Random random)
    {
        int bit = random.Next(format.EntrySize == sizeof(ulong) ? 13 : 12);
        return random.Next(isLast ? 4 : 1) switch
        {
            // Present, writable, user, the caches, accessed, dirty, large, global, the software bits, and no-execute.
            0 => entry ^ (bit == 12 ? PageTableEntry.NoExecute : isLast || bit != 7 ? 1UL << bit : 0),
            1 => (entry & ~format.AddressMask) | (map.Image.Gpa + ((ulong)random.Next(4) * GuestLayout.PageSize)).Value,
            2 => (entry & ~format.AddressMask) | (map.Scratch.Gpa.Value - GuestLayout.PageSize),
            _ => (ulong)random.Next(2) * 0x5A00,
        };
    }
}
