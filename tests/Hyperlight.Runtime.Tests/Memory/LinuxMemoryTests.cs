using System.Globalization;
using Hyperlight.Files;
using Hyperlight.Memory;
using Hyperlight.Memory.Linux;
using Hyperlight.Runtime.Tests.Guests;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Runtime.Tests.Memory;

public sealed class LinuxMemoryTests : MappedMemoryTests
{
    public LinuxMemoryTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "needs Linux");

    internal override IHostMemory Host { get; } = new LinuxHostMemory();

    [Fact]
    public void Memory_of_guests_is_left_out_of_core_files_of_this_process()
    {
        File.WriteAllBytes(FilePath, new byte[0x3000]);
        using SafeFileHandle file = File.OpenHandle(FilePath);
        using SharedFile shared = new(File.OpenHandle(FilePath));
        using MappedMemory allocated = Host.Allocate(0x3000);
        using MappedMemory view = Host.Allocate(0x3000, [new(0, 0x3000, file, 0)]);
        using MappedMemory parts = Host.Allocate(0x3000, [new(0, 0x3000, file, 0), new(0x1000, 0x1000, file, 0)]);
        using MappedMemory mapped = Host.MapReadOnly(shared, 0x3000);

        Assert.All(
            [allocated.Address, view.Address, parts.Address, parts.Address + 0x1000, parts.Address + 0x2000, mapped.Address],
            address => Assert.Contains("dd", FlagsAt(address)));
    }

    [KvmFact(Needs.Kvm)]
    public void Memory_of_a_running_guest_is_left_out_of_core_files_too()
    {
        using TestGuest guest = new("misbehave32");
        using Sandbox sandbox = guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        using Sandbox restored = snapshot.CreateSandbox();

        (string Name, string[] Flags)[] own = [.. Mappings().Where(mapping =>
            mapping.Name.Contains("hyperlight-", StringComparison.Ordinal)
            || mapping.Name.Contains(guest.Image.Directory, StringComparison.Ordinal)
            || mapping.Name.Contains("kvm-vcpu", StringComparison.Ordinal)).Select(mapping => (mapping.Name, mapping.Flags))];

        Assert.NotEmpty(own);
        Assert.All(own, mapping => Assert.Contains("dd", mapping.Flags));
    }

    [Fact]
    public void Memory_lies_between_two_inaccessible_pages()
    {
        using MemoryTemplate template = Template(hasFile: true, 0x3000, 7);
        using MemoryTemplate other = Template(hasFile: true, 0x3000, 8);
        using MappedMemory allocated = Host.Allocate(0x3000);
        using MappedMemory view = Host.Allocate(template);

        HostPages.AssertGuarded(allocated);
        HostPages.AssertGuarded(view);
        view.Reset(template);
        HostPages.AssertGuarded(view);
        view.Reset(other);
        HostPages.AssertGuarded(view);
    }

    [Fact]
    public void Memory_with_a_template_and_its_guard_pages_are_one_mapping()
    {
        using MemoryTemplate template = Template(hasFile: true, 0x3000, 7);
        using MappedMemory view = Host.Allocate(template);
        Assert.SkipUnless(IsOneMapping(view), "probe Guard: this kernel has no advice for guard pages of files");
        view.Slice(0x1000, 1)[0] = 1;

        view.Reset(template);

        Assert.True(IsOneMapping(view));

        static bool IsOneMapping(MappedMemory memory) => Mappings().Any(
            mapping => mapping.Start == memory.Address - 0x1000 && mapping.End == memory.Address + memory.Size + 0x1000);
    }

    [Theory]
    [InlineData(20, 20)]
    [InlineData(100, 0)]
    public void Few_pages_stay_after_zeroing_and_many_are_given_back(int written, int kept)
    {
        using MappedMemory memory = Host.Allocate(0x80000);
        memory.Slice(0, written * 0x1000).Fill(1);
        ulong[] entries = new ulong[0x80];
        Assert.SkipUnless(PageMap.TryRead(memory.Address, entries), "probe PageMap: /proc/self/pagemap cannot be read");
        Assert.Equal(written, entries.Count(PageMap.HasContent));

        memory.Reset(new(memory.Size, []));

        Assert.True(PageMap.TryRead(memory.Address, entries));
        Assert.Equal(kept, entries.Count(PageMap.HasContent));
    }

    [Fact]
    public void Memory_with_a_template_has_only_the_pages_that_were_written_and_a_reset_gives_them_back()
    {
        using MemoryTemplate template = Template(hasFile: true, 0x90_000, 7);
        using MappedMemory memory = Host.Allocate(template);
        RequireWrittenPages(memory);
        byte[] content = memory.Slice(0, 0x90_000).ToArray();
        Assert.Empty(memory.WrittenPages());
        for (int round = 0; round < 2; round++)
        {
            memory.Slice(0x5000, 1)[0] = 1;
            memory.Slice(0x8000, 1)[0] = 1;
            Assert.Equal([0x5000, 0x8000], memory.WrittenPages());

            memory.Reset(template);

            Assert.Empty(memory.WrittenPages());
            Assert.Equal(content, memory.Slice(0, 0x90_000));
        }
    }

    [Fact]
    public void Page_tables_are_shared_until_they_are_written()
    {
        using TestGuest guest = new("misbehave");
        using GuestMemory memory = new(guest.Image.Map, guest.Image.File, Host);
        RequireWrittenPages(memory.Scratch);
        byte[] tables = new byte[guest.Image.Map.PageTables.StoredSize];
        guest.Image.File.Read(tables, guest.Image.Map.PageTables.BlobOffset);

        Assert.Equal(tables, memory.Scratch.Slice(guest.Image.Map.PageTablesScratchOffset, tables.Length));
        Assert.Empty(memory.Scratch.WrittenPages());
    }

    [Fact]
    public void A_page_that_is_swapped_out_has_content()
    {
        // pagemap.rst: bit 63 is present, bit 62 is swapped, and bits 0 to 54 are the location in memory or in swap.
        Assert.True(PageMap.HasContent(1UL << 62 | 0x1234));
        Assert.True(PageMap.HasContent(1UL << 63));
        Assert.False(PageMap.HasContent(0));
        Assert.False(PageMap.HasContent(1UL << 55));
    }

    [Fact]
    public void A_page_of_a_private_view_is_its_own_when_it_was_written_or_is_swapped_out_and_not_when_it_was_read()
    {
        // pagemap.rst: bit 61 is set if the page belongs to a file.
        Assert.True(PageMap.IsOwn(1UL << 63));
        Assert.True(PageMap.IsOwn(1UL << 62 | 0x1234));
        Assert.False(PageMap.IsOwn(1UL << 63 | 1UL << 61));
        Assert.False(PageMap.IsOwn(0));
    }

    internal override MappedMemory MapReadOnly(SafeFileHandle file, ulong size) => LinuxMemory.MapReadOnly(file, size);

    internal override void RequireWrittenPages(MappedMemory memory) => Assert.SkipUnless(
        PageMap.TryRead(memory.Address, new ulong[1]), "probe PageMap: /proc/self/pagemap cannot be read");

    private static string[] FlagsAt(ulong address) => Mappings().Single(mapping => address >= mapping.Start && address < mapping.End).Flags;

    /// <summary>
    /// Reads /proc/self/smaps: each mapping has a line with its addresses and its file, then lines with fields; the flags come last.
    /// </summary>
    private static IEnumerable<(ulong Start, ulong End, string Name, string[] Flags)> Mappings()
    {
        string head = "";
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            if (line.StartsWith("VmFlags:", StringComparison.Ordinal))
            {
                string[] range = head.Split(' ')[0].Split('-');
                yield return (
                    ulong.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                    ulong.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                    head,
                    line["VmFlags:".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries));
            }
            else if (!line.Split(' ')[0].EndsWith(':'))
            {
                head = line;
            }
        }
    }
}
