using System.Globalization;
using Hyperlight.Files;
using Hyperlight.Memory;
using Hyperlight.Memory.Linux;
using Hyperlight.Runtime.Tests.Guests;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Runtime.Tests.Memory;

public sealed class MappedMemoryTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    private static LinuxHostMemory Host { get; } = new();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Allocated_memory_is_zero_and_can_be_written()
    {
        using MappedMemory memory = Host.Allocate(0x3000);

        Assert.All(memory.Slice(0, 0x3000).ToArray(), value => Assert.Equal(0, value));
        memory.Slice(0x2FFF, 1)[0] = 1;
        Assert.Equal(1, memory.Slice(0x2FF0, 16)[15]);
    }

    [Fact]
    public void Nothing_of_it_gets_into_a_core_file_of_this_process()
    {
        File.WriteAllBytes(_path, new byte[0x3000]);
        using SafeFileHandle file = File.OpenHandle(_path);
        using SharedFile shared = new(File.OpenHandle(_path));
        using MappedMemory allocated = Host.Allocate(0x3000);
        using MappedMemory view = Host.Allocate(0x3000, [new(0, 0x3000, file, 0)]);
        using MappedMemory parts = Host.Allocate(0x3000, [new(0, 0x3000, file, 0), new(0x1000, 0x1000, file, 0)]);
        using MappedMemory mapped = Host.MapReadOnly(shared, 0x3000);

        Assert.All(
            [allocated.Address, view.Address, parts.Address, parts.Address + 0x1000, parts.Address + 0x2000, mapped.Address],
            address => Assert.Contains("dd", FlagsAt(address)));
    }

    [KvmFact]
    public void What_a_running_guest_has_does_not_either()
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

    [Theory]
    [InlineData(0x3000, 1)]
    [InlineData(0x3001, 0)]
    [InlineData(0x2FF9, 8)]
    [InlineData(ulong.MaxValue, 1)]
    [InlineData(0, 0x3001)]
    [InlineData(0, -1)]
    public void A_part_outside_of_the_memory_is_refused(ulong offset, int length)
    {
        using MappedMemory memory = Host.Allocate(0x3000);

        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Slice(offset, length).Length);
    }

    [Fact]
    public void Disposed_memory_is_out_of_reach()
    {
        MappedMemory memory = Host.Allocate(0x1000);
        memory.Dispose();

        Assert.Throws<ObjectDisposedException>(() => memory.Slice(0, 1).Length);
    }

    [Fact]
    public void A_size_that_is_no_multiple_of_a_page_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Host.Allocate(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Host.Allocate(0x1001));
    }

    [Fact]
    public void Memory_that_cannot_be_had_is_our_own_error() =>
        Assert.Throws<HyperlightException>(() => Host.Allocate(1UL << 60));

    [Fact]
    public void Memory_lies_between_two_inaccessible_pages()
    {
        using MappedMemory memory = Host.Allocate(0x3000);
        string start = $"{memory.Address:x}-{memory.Address + 0x3000:x} rw-p";
        string before = $"-{memory.Address:x} ---p";
        string after = $"{memory.Address + 0x3000:x}-";

        string[] maps = File.ReadAllLines("/proc/self/maps");

        Assert.Contains(maps, line => line.StartsWith(start, StringComparison.Ordinal));
        Assert.Contains(maps, line => line.Contains(before, StringComparison.Ordinal));
        Assert.Contains(
            maps, line => line.StartsWith(after, StringComparison.Ordinal) && line.Contains(" ---p ", StringComparison.Ordinal));
    }

    [Fact]
    public void Writes_to_a_view_of_a_file_stay_in_that_view()
    {
        byte[] content = [.. Enumerable.Range(0, 0x2000).Select(value => (byte)value)];
        File.WriteAllBytes(_path, content);
        using FileStream file = File.OpenRead(_path);
        using MappedMemory first = Host.Allocate(0x2000, [new(0, 0x2000, file.SafeFileHandle, 0)]);
        using MappedMemory second = Host.Allocate(0x2000, [new(0, 0x2000, file.SafeFileHandle, 0)]);

        first.Slice(0, 0x2000).Fill(0xEE);

        Assert.Equal(content, second.Slice(0, 0x2000).ToArray());
        Assert.Equal(content, File.ReadAllBytes(_path));
    }

    [Fact]
    public void A_view_outlives_the_file_handle()
    {
        File.WriteAllBytes(_path, new byte[0x1000].Select(_ => (byte)7).ToArray());
        using FileStream file = File.OpenRead(_path);
        using MappedMemory view = LinuxMemory.MapReadOnly(file.SafeFileHandle, 0x1000);
        file.Dispose();

        Assert.Equal(7, view.Slice(0xFFF, 1)[0]);
    }

    [Theory]
    [InlineData(0x1000, 1)]
    [InlineData(0x48000, 1)]
    [InlineData(0x48000, 0x48)]
    [InlineData(0x40_0000, 0x40)]
    [InlineData(0x40_0000, 0x400)]
    [InlineData(0x40_1000, 1)]
    public void Nothing_that_was_written_survives_zeroing(int size, int pages)
    {
        using MappedMemory memory = Host.Allocate((ulong)size);
        for (int round = 0; round < 2; round++)
        {
            for (int page = 0; page < pages; page++)
            {
                memory.Slice((ulong)(page * (size / 0x1000 / pages)) * 0x1000, 0x1000).Fill(0xEE);
            }

            memory.Zero();

            Assert.False(memory.Slice(0, size).ContainsAnyExcept((byte)0));
        }
    }

    [Fact]
    public void What_the_kernel_wrote_does_not_survive_zeroing()
    {
        File.WriteAllBytes(_path, [.. Enumerable.Repeat((byte)7, 0x3000)]);
        using FileStream file = File.OpenRead(_path);
        using MappedMemory memory = Host.Allocate(0x10000);
        Assert.Equal(0x3000, RandomAccess.Read(file.SafeFileHandle, memory.Slice(0x5000, 0x3000), 0));

        memory.Zero();

        Assert.False(memory.Slice(0, 0x10000).ContainsAnyExcept((byte)0));
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

        memory.Zero();

        Assert.True(PageMap.TryRead(memory.Address, entries));
        Assert.Equal(kept, entries.Count(PageMap.HasContent));
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

    [Fact]
    public void Written_pages_of_a_private_view_are_found_and_read_ones_are_not()
    {
        const int Pages = 3000;
        File.WriteAllBytes(_path, new byte[Pages * 0x1000]);
        using FileStream file = File.OpenRead(_path);
        using MappedMemory view = Host.Allocate(Pages * 0x1000, [new(0, Pages * 0x1000, file.SafeFileHandle, 0)]);
        Assert.SkipUnless(PageMap.TryRead(view.Address, new ulong[1]), "probe PageMap: /proc/self/pagemap cannot be read");
        Assert.Equal(0, view.Slice(0x5000, 1)[0]);
        Assert.Empty(view.WrittenPages());

        view.Slice(0x2000, 1)[0] = 1;
        view.Slice((Pages - 1) * 0x1000, 1)[0] = 0;
        Assert.Equal([0x2000, (Pages - 1) * 0x1000], view.WrittenPages());

        view.Discard();
        Assert.Empty(view.WrittenPages());
    }

    [Fact]
    public void A_part_of_a_view_that_shows_another_file_goes_back_to_that_file()
    {
        File.WriteAllBytes(_path, [.. Enumerable.Repeat((byte)7, 0x4000)]);
        using FileStream file = File.OpenRead(_path);
        using SafeFileHandle other = SealedFile.Create(
            "a test", handle => RandomAccess.Write(handle, [.. Enumerable.Repeat((byte)9, 0x2000)], 0));
        FilePart whole = new(0, 0x4000, file.SafeFileHandle, 0);
        using MappedMemory view = Host.Allocate(0x4000, [whole, new(0x1000, 0x1000, other, 0x1000)]);
        view.Slice(0, 0x4000).Fill(1);

        view.Discard();

        Assert.Equal([7, 9, 7, 7], Enumerable.Range(0, 4).Select(page => view.Slice((ulong)page * 0x1000, 1)[0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Host.Allocate(0x4000, [whole, new(0x3000, 0x2000, other, 0)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Host.Allocate(0x4000, [whole, new(0x5000, 0x1000, other, 0)]));
    }

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
