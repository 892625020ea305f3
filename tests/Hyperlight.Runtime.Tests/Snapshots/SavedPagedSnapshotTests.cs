using System.Collections.Immutable;
using Hyperlight.Hypervisors;
using Hyperlight.Layouts;
using Hyperlight.Memory;
using Hyperlight.Oci;
using Hyperlight.Paging;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hostile;
using Hyperlight.Snapshots;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>
/// Tests saved snapshots of paged 32-bit guests. If the machine cannot run such guests, the snapshots are of a guest that has not run.
/// </summary>
[Wine]
public sealed class SavedPagedSnapshotTests : IDisposable
{
    private const string Name = "misbehave-paged";
    private const string Tag = "ready";
    private const ulong Window = 0x0080_0000;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hyperlight-paged-");

    private string Saved => Path.Combine(_root.FullName, "guest");

    public void Dispose() => _root.Delete(recursive: true);

    [KvmTheory]
    [InlineData(1)]
    [InlineData(3)]
    public void Memory_tables_and_registers_come_back_as_they_were(int roots)
    {
        using TestGuest guest = new(Name);
        using Snapshot snapshot = Unstarted(guest, roots);

        string digest = snapshot.Save(Saved, Tag);
        using Snapshot loaded = Snapshot.Load(Saved, digest);

        PagedSnapshotMemory before = (PagedSnapshotMemory)snapshot.Content.Memory;
        PagedSnapshotMemory after = (PagedSnapshotMemory)loaded.Content.Memory;
        Assert.Equal(before.Tables.Read(), after.Tables.Read());
        Assert.Equal(2, before.Layers.Length);
        byte[] bytes = Bytes(before);
        Assert.Equal(bytes, Bytes(after)[..bytes.Length]);
        Assert.False(Bytes(after).AsSpan(bytes.Length).ContainsAnyExcept((byte)0));
        Assert.Equal(Registers(snapshot), Registers(loaded));
        Assert.Equal((snapshot.Generation, guest.Image.Digest), (loaded.Generation, loaded.ImageDigest));
        Assert.Equal(digest, loaded.Save(Path.Combine(_root.FullName, "again"), Tag));
    }

    [KvmFact]
    public void Sandboxes_are_made_of_what_was_loaded_and_are_at_it()
    {
        using TestGuest guest = new(Name);
        using Snapshot snapshot = Unstarted(guest, roots: 2);
        snapshot.Save(Saved, Tag);
        using Snapshot loaded = Snapshot.Load(Saved, Tag, options => options.VerifyContent = false);

        using Sandbox sandbox = loaded.CreateSandbox();
        Assert.Same(loaded.Content, sandbox.TakeContent());
        sandbox.Restore(snapshot);
        Assert.Same(snapshot.Content, sandbox.TakeContent());
        sandbox.Restore(loaded);

        if (OperatingSystem.IsLinux())
        {
            string view = Assert.Single(
                File.ReadLines("/proc/self/maps"), line => line.Contains(_root.FullName, StringComparison.Ordinal));
            Assert.Contains(" r--p ", view, StringComparison.Ordinal);
        }
    }

    [KvmFact]
    public void A_guest_that_has_left_its_paging_is_HL3008()
    {
        using TestGuest guest = new(Name);
        using Snapshot good = Unstarted(guest, roots: 1);
        Snapshot bad = good.With(good.Content.Processor with { Special = good.Content.Processor.Special with { Cr4 = 1 << 5 } });

        HyperlightException refused = Assert.Throws<HyperlightException>(() => bad.Save(Saved, Tag));

        Assert.Equal(Rules.SnapshotNotSavable, refused.Finding!.Rule);
        Assert.Contains("2-level paging", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Saved));
    }

    [KvmFact]
    public void A_guest_with_more_zeros_than_fit_below_scratch_is_HL3008()
    {
        // The image is .bss except for one page. In memory its pages are one page, but a snapshot file needs an address for each.
        MemoryMap map = MemoryMap.TryCreate(
            GuestLayouts.I686V15, new() { ScratchSize = 8 << 20 }, 0xFE70_0000, storedImageSize: 0x1000, new List<Finding>())!;
        using Snapshot snapshot = Of(
            map,
            new([new(
                map.Layout.SnapshotBase,
                new(Hypervisor.Chosen.Memory.Allocate(map.SnapshotSize)))], new(new byte[map.PageTables.Size]), ownSize: 0),
            new("zeros", EntryPoint: null, ImageDigest: null));

        HyperlightException refused = Assert.Throws<HyperlightException>(() => snapshot.Save(Saved, Tag));

        Assert.Equal(Rules.SnapshotNotSavable, refused.Finding!.Rule);
        Assert.Contains("its memory ends at 0xFE", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Saved));
    }

    [KvmFact(Needs.Paging32)]
    public void Each_address_space_is_on_disk_with_its_own_memory_and_with_what_they_share()
    {
        ulong first;
        using (TestGuest guest = new(Name))
        {
            List<GuestPhysicalAddress> roots = [];
            using Sandbox sandbox = guest.Start(options => options.PageTableRoots = (_, _) => roots);
            roots.AddRange([
                new(sandbox.Call<ulong>("CurrentAddressSpace")),
                new(sandbox.Call<ulong>("AddAddressSpace", 111)),
                new(sandbox.Call<ulong>("AddAddressSpace", 222)),
            ]);
            sandbox.Call("SetDataWord", 7);
            using Snapshot snapshot = sandbox.TakeSnapshot();
            snapshot.Save(Saved, Tag);
            first = guest.Image.Map.PageTables.Gpa.Value;
        }

        using Snapshot loaded = Snapshot.Load(Saved, Tag);
        using Sandbox second = loaded.CreateSandbox(
            options => options.PageTableRoots = (current, _) => [current, new(first), new(first + 0x2000)]);
        second.Call("EnterAddressSpace", first + 0x1000);
        Assert.Equal((111, 7), (second.Call<int>("ReadByte", Window), second.Call<int>("DataWord")));
        second.Call("SetDataWord", 8);
        Assert.Equal(9, second.Call<int>("WriteByte", Window, 9));

        // In the next snapshot the current address space comes first.
        using Snapshot further = second.TakeSnapshot();
        further.Save(Saved, "further");
        using Snapshot reloaded = Snapshot.Load(Saved, "further");
        using Sandbox third = reloaded.CreateSandbox();
        Assert.Equal((9, 8), (third.Call<int>("ReadByte", Window), third.Call<int>("DataWord")));
        third.Call("EnterAddressSpace", first + 0x2000);
        Assert.Equal((222, 8), (third.Call<int>("ReadByte", Window), third.Call<int>("DataWord")));
    }

    [KvmFact(Needs.Paging32)]
    public void Hostile_tables_that_a_reader_takes_hurt_their_own_guest_alone()
    {
        using TestGuest guest = new(Name);
        using Sandbox first = guest.Start();
        using Snapshot snapshot = first.TakeSnapshot();
        int tables = ((PagedSnapshotMemory)snapshot.Content.Memory).Tables.Read().Length;
        Random random = new(1271);
        int taken = 0;
        for (int i = 0; i < 20; i++)
        {
            string directory = Path.Combine(_root.FullName, $"{i}");
            snapshot.Save(directory, Tag);
            string blob = new DirectoryInfo(OciLayout.BlobDirectory(directory)).GetFiles().MaxBy(file => file.Length)!.FullName;
            byte[] bytes = File.ReadAllBytes(blob);
            for (int changes = 0; changes < 20; changes++)
            {
                // Tables below the root may map any page of the guest.
                int entry = bytes.Length - tables + 0x1000 + (4 * random.Next((tables - 0x1000) / 4));
                uint page = random.Next(2) == 0
                    ? 0xFEDB_8000 + (4096U * (uint)random.Next(72))
                    : 4096U * (uint)(1 + random.Next((bytes.Length - tables) / 4096));
                BitConverter.TryWriteBytes(bytes.AsSpan(entry), page | (uint)random.Next(0x400) | 1);
            }

            File.WriteAllBytes(blob, bytes);
            Snapshot loaded;
            try
            {
                loaded = Snapshot.Load(directory, Tag, options => options.VerifyContent = false);
            }
            catch (HyperlightException refused)
            {
                Assert.Equal(Rules.ImageMapDiffers, refused.Finding!.Rule);
                continue;
            }

            taken++;
            using (loaded)
            {
                using Sandbox sandbox = loaded.CreateSandbox();
                HostileSandbox.AssertContained(sandbox, snapshot);
            }
        }

        Assert.InRange(taken, 1, 20);
    }

    /// <summary>
    /// Creates a snapshot of a guest that has not run, with one page in scratch and several roots that map the same memory.
    /// </summary>
    private static Snapshot Unstarted(TestGuest guest, int roots)
    {
        MemoryMap map = guest.Image.Map;
        using GuestMemory memory = new(map, guest.Image.File, Hypervisor.Chosen.Memory);

        // Maps the first page of the heap to a page in scratch, as if the guest had written to it.
        ulong own = map.Scratch.Size - (4 * GuestLayout.PageSize);
        memory.Scratch.Slice(own, 4)[0] = 77;
        Span<byte> low = memory.Scratch.Slice(map.PageTablesScratchOffset + GuestLayout.PageSize, (int)GuestLayout.PageSize);
        PageTableFormat.TwoLevel.Write(
            low, PageTableFormat.TwoLevel.Index(map.Heap.Gva, level: 1),
            map.Scratch.Gpa.Value + own | PageTableEntry.Present | PageTableEntry.Writable);

        PagedSnapshotMemory content = Compaction.Run(
            map, memory, PageTableFormat.TwoLevel, [.. Enumerable.Repeat(map.PageTables.Gpa, roots)]);
        return Of(map, content, new(guest.Image.Name, guest.Image.EntryPoint, guest.Image.Digest));
    }

    private static Snapshot Of(MemoryMap map, PagedSnapshotMemory memory, GuestOrigin origin) => new(new SnapshotContent(
        origin,
        generation: 1,
        map,
        memory,
        new(
            Hypervisor.Chosen.Identity,
            Hypervisor.Chosen.Name,
            EntryState.For(map.Layout.EntryMode, map.PageTables.Gpa),
            ResetValues.Xcr0,
            []),
        new() { Rip = 0x1000, Rsp = 0x8000 },
        ImmutableSortedDictionary<string, HostFunctionSignature>.Empty,
        allowedMsrs: []));

    private static (ulong Cr0, ulong Cr3, ulong Rip) Registers(Snapshot snapshot) =>
        (snapshot.Content.Processor.Special.Cr0, snapshot.Content.Processor.Special.Cr3, snapshot.Content.CallRegisters.Rip);

    private static byte[] Bytes(PagedSnapshotMemory memory) =>
        [.. memory.Layers.SelectMany(layer => layer.Shared.Memory.Slice(0, (int)layer.Shared.Memory.Size).ToArray())];
}
