using System.Collections.Immutable;
using Hyperlight.Memory;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Runtime.Tests.Memory;

/// <summary>Tests what the memory of each operating system does.</summary>
public abstract class MappedMemoryTests : IDisposable
{
    /// <summary>Gets the path of a file for the test, which does not exist yet.</summary>
    protected string FilePath { get; } = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    /// <summary>Gets the memory of the operating system.</summary>
    internal abstract IHostMemory Host { get; }

    public void Dispose()
    {
        File.Delete(FilePath);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Allocated_memory_is_zero_and_can_be_written()
    {
        using MappedMemory memory = Host.Allocate(0x3000);

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
    public void Writes_to_a_view_of_a_file_stay_in_that_view()
    {
        byte[] content = [.. Enumerable.Range(0, 0x2000).Select(value => (byte)value)];
        File.WriteAllBytes(FilePath, content);
        using FileStream file = File.OpenRead(FilePath);
        using MappedMemory first = Host.Allocate(0x2000, [new(0, 0x2000, file.SafeFileHandle, 0)]);
        using MappedMemory second = Host.Allocate(0x2000, [new(0, 0x2000, file.SafeFileHandle, 0)]);

        first.Slice(0, 0x2000).Fill(0xEE);

        Assert.Equal(content, second.Slice(0, 0x2000).ToArray());
        Assert.Equal(content, File.ReadAllBytes(FilePath));
    }

    [Fact]
    public void A_view_outlives_the_file_handle()
    {
        File.WriteAllBytes(FilePath, new byte[0x1000].Select(_ => (byte)7).ToArray());
        using FileStream file = File.OpenRead(FilePath);
        using MappedMemory view = MapReadOnly(file.SafeFileHandle, 0x1000);
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

            memory.Reset(new(memory.Size, []));

            Assert.False(memory.Slice(0, size).ContainsAnyExcept((byte)0));
        }
    }

    [Fact]
    public void What_the_kernel_wrote_does_not_survive_zeroing()
    {
        File.WriteAllBytes(FilePath, [.. Enumerable.Repeat((byte)7, 0x3000)]);
        using FileStream file = File.OpenRead(FilePath);
        using MappedMemory memory = Host.Allocate(0x10000);
        Assert.Equal(0x3000, RandomAccess.Read(file.SafeFileHandle, memory.Slice(0x5000, 0x3000), 0));

        memory.Reset(new(memory.Size, []));

        Assert.False(memory.Slice(0, 0x10000).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Written_pages_of_a_private_view_are_found_and_read_ones_are_not()
    {
        const int Pages = 3000;
        File.WriteAllBytes(FilePath, new byte[Pages * 0x1000]);
        using FileStream file = File.OpenRead(FilePath);
        using MappedMemory view = Host.Allocate(Pages * 0x1000, [new(0, Pages * 0x1000, file.SafeFileHandle, 0)]);
        RequireWrittenPages(view);
        Assert.Equal(0, view.Slice(0x5000, 1)[0]);
        Assert.Empty(view.WrittenPages());

        view.Slice(0x2000, 1)[0] = 1;
        view.Slice((Pages - 1) * 0x1000, 1)[0] = 1;
        Assert.Equal([0x2000, (Pages - 1) * 0x1000], view.WrittenPages());

        view.Discard();
        Assert.Empty(view.WrittenPages());
    }

    [Fact]
    public void A_part_of_a_view_that_shows_another_file_goes_back_to_that_file()
    {
        File.WriteAllBytes(FilePath, [.. Enumerable.Repeat((byte)7, 0x4000)]);
        using FileStream file = File.OpenRead(FilePath);
        using SafeFileHandle other = File.OpenHandle(
            Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, options: FileOptions.DeleteOnClose);
        RandomAccess.Write(other, [.. Enumerable.Repeat((byte)9, 0x2000)], 0);
        FilePart whole = new(0, 0x4000, file.SafeFileHandle, 0);
        using MappedMemory view = Host.Allocate(0x4000, [whole, new(0x1000, 0x1000, other, 0x1000)]);
        view.Slice(0, 0x4000).Fill(1);

        view.Discard();

        Assert.Equal([7, 9, 7, 7], Enumerable.Range(0, 4).Select(page => view.Slice((ulong)page * 0x1000, 1)[0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Host.Allocate(0x4000, [whole, new(0x3000, 0x2000, other, 0)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Host.Allocate(0x4000, [whole, new(0x5000, 0x1000, other, 0)]));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(true, 40)]
    [InlineData(true, 140)]
    [InlineData(false, 1)]
    [InlineData(false, 140)]
    public void Memory_goes_back_to_the_content_of_its_template(bool hasFile, int pages)
    {
        using MemoryTemplate template = Template(hasFile, 0x90_000, 7);
        using MappedMemory memory = Host.Allocate(template);
        using MappedMemory other = Host.Allocate(template);
        byte[] content = memory.Slice(0, 0x90_000).ToArray();
        Assert.Equal((7, 7, 0, 7), (content[0x4000], content[0x600F], content[0x6010], content[0x8F_FFF]));
        for (int round = 0; round < 2; round++)
        {
            for (int page = 0; page < pages; page++)
            {
                memory.Slice((ulong)(0x8F - page) * 0x1000, 0x1000).Fill(0xEE);
            }

            memory.Reset(template);

            Assert.Equal(content, memory.Slice(0, 0x90_000));
        }

        Assert.Equal(content, other.Slice(0, 0x90_000));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Memory_takes_the_content_of_another_template(bool hasFile, bool otherHasFile)
    {
        MemoryTemplate template = Template(hasFile, 0x90_000, 7);
        using MappedMemory memory = Host.Allocate(template);
        template.Dispose();
        MemoryTemplate other = Template(otherHasFile, 0x90_000, 9);
        using MappedMemory expected = Host.Allocate(other);
        memory.Slice(0x8000, 0x1000).Fill(1);

        memory.Reset(other);
        other.Dispose();

        Assert.Equal(expected.Slice(0, 0x90_000), memory.Slice(0, 0x90_000));
        Assert.Equal((9, 0), (memory.Slice(0x4000, 1)[0], memory.Slice(0x8000, 1)[0]));
    }

    [Fact]
    public void A_template_of_another_size_is_refused()
    {
        using MemoryTemplate template = new(0x2000, []);
        using MappedMemory memory = Host.Allocate(0x3000);

        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Reset(template));
    }

    /// <summary>Creates a template with two pages of a value and some bytes more, and with the value at the end.</summary>
    internal MemoryTemplate Template(bool hasFile, ulong size, byte value)
    {
        ImmutableArray<TemplatePiece> pieces =
            [new(0x4000, Enumerable.Repeat(value, 0x2010).ToArray()), new(size - 4, Enumerable.Repeat(value, 4).ToArray())];
        return hasFile ? Host.CreateTemplate(size, pieces) : new(size, pieces);
    }

    /// <summary>Maps the start of a file that nobody changes.</summary>
    internal abstract MappedMemory MapReadOnly(SafeFileHandle file, ulong size);

    /// <summary>Skips the test if the operating system does not tell which pages of memory were written.</summary>
    internal virtual void RequireWrittenPages(MappedMemory memory)
    {
    }
}
