using Hyperlight.Memory;

namespace Hyperlight.Runtime.Tests.Memory;

public sealed class MappedMemoryTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Allocated_memory_is_zero_and_can_be_written()
    {
        using MappedMemory memory = MappedMemory.Allocate(0x3000);

        Assert.All(memory.Slice(0, 0x3000).ToArray(), value => Assert.Equal(0, value));
        memory.Slice(0x2FFF, 1)[0] = 1;
        Assert.Equal(1, memory.Slice(0x2FF0, 16)[15]);
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
        using MappedMemory memory = MappedMemory.Allocate(0x3000);

        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Slice(offset, length).Length);
    }

    [Fact]
    public void Disposed_memory_is_out_of_reach()
    {
        MappedMemory memory = MappedMemory.Allocate(0x1000);
        memory.Dispose();

        Assert.Throws<ObjectDisposedException>(() => memory.Slice(0, 1).Length);
    }

    [Fact]
    public void A_size_that_is_no_multiple_of_a_page_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => MappedMemory.Allocate(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => MappedMemory.Allocate(0x1001));
    }

    [Fact]
    public void Memory_that_cannot_be_had_is_our_own_error() =>
        Assert.Throws<HyperlightException>(() => MappedMemory.Allocate(1UL << 60));

    [Fact]
    public void Memory_lies_between_two_inaccessible_pages()
    {
        using MappedMemory memory = MappedMemory.Allocate(0x3000);
        string start = $"{memory.Address:x}-{memory.Address + 0x3000:x} rw-p";
        string before = $"-{memory.Address:x} ---p";
        string after = $"{memory.Address + 0x3000:x}-";

        string[] maps = File.ReadAllLines("/proc/self/maps");

        Assert.Contains(maps, line => line.StartsWith(start, StringComparison.Ordinal));
        Assert.Contains(maps, line => line.Contains(before, StringComparison.Ordinal));
        Assert.Contains(maps, line => line.StartsWith(after, StringComparison.Ordinal) && line.Contains(" ---p ", StringComparison.Ordinal));
    }

    [Fact]
    public void Writes_to_a_view_of_a_file_stay_in_that_view()
    {
        byte[] content = [.. Enumerable.Range(0, 0x2000).Select(value => (byte)value)];
        File.WriteAllBytes(_path, content);
        using FileStream file = File.OpenRead(_path);
        using MappedMemory first = MappedMemory.MapPrivate(file.SafeFileHandle, 0x2000, writable: true);
        using MappedMemory second = MappedMemory.MapPrivate(file.SafeFileHandle, 0x2000, writable: true);

        first.Slice(0, 0x2000).Fill(0xEE);

        Assert.Equal(content, second.Slice(0, 0x2000).ToArray());
        Assert.Equal(content, File.ReadAllBytes(_path));
    }

    [Fact]
    public void A_view_outlives_the_file_handle()
    {
        File.WriteAllBytes(_path, new byte[0x1000].Select(_ => (byte)7).ToArray());
        using FileStream file = File.OpenRead(_path);
        using MappedMemory view = MappedMemory.MapPrivate(file.SafeFileHandle, 0x1000, writable: false);
        file.Dispose();

        Assert.Equal(7, view.Slice(0xFFF, 1)[0]);
    }
}
