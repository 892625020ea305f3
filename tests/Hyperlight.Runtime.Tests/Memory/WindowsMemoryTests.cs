using System.Diagnostics;
using System.Runtime.InteropServices;
using Hyperlight.Memory;
using Hyperlight.Memory.Windows;
using Hyperlight.Testing;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Runtime.Tests.Memory;

[Trait("Wine", "yes")]
public sealed class WindowsMemoryTests : MappedMemoryTests
{
    // A variable that only the other process of a test has: the offset that the process reads, and the file for its progress.
    private const string Variable = "HYPERLIGHT_TEST_TOUCH";

    public WindowsMemoryTests() => Assert.SkipUnless(OperatingSystem.IsWindows(), "needs Windows or Wine");

    internal override IHostMemory Host { get; } = new WindowsHostMemory();

    [Theory]
    [InlineData(-1)]
    [InlineData(-0x10000)]
    [InlineData(0x3000)]
    [InlineData(0x10000)]
    [InlineData(0x1FFFF)]
    public void Touching_an_address_beside_the_memory_ends_the_process(int offset)
    {
        string expected = $"{offset} {FilePath}";
        if (Environment.GetEnvironmentVariable(Variable) is { } work)
        {
            if (work.StartsWith($"{offset} ", StringComparison.Ordinal))
            {
                Touch(offset, work.Split(' ', 2)[1]);
            }

            return;
        }

        FinishedProcess other = OtherProcess.Run(
            typeof(WindowsMemoryTests), nameof(Touching_an_address_beside_the_memory_ends_the_process), Variable, expected);

        Assert.NotEqual(0, other.ExitCode);
        Assert.Equal("inside", File.ReadAllText(FilePath));
    }

    [Fact]
    public void Neighbours_are_placed_whatever_other_threads_reserve()
    {
        MappedMemory[] all = new MappedMemory[200];
        Parallel.For(0, all.Length, i => all[i] = Host.Allocate((ulong)((i % 40) + 1) * 0x1000));
        MappedMemory[] sorted = [.. all.OrderBy(memory => memory.Address)];

        for (int i = 1; i < sorted.Length; i++)
        {
            Assert.True(sorted[i].Address - sorted[i - 1].Address >= sorted[i - 1].Size + 0x20000);
        }

        Array.ForEach(all, memory => memory.Dispose());
    }

    [Fact]
    public unsafe void Disposed_memory_gives_back_all_its_addresses()
    {
        bool isFree = false;

        // Another thread may take the addresses first.
        for (int i = 0; i < 10 && !isFree; i++)
        {
            MappedMemory memory = Host.Allocate(0x3000);
            void* start = (void*)(memory.Address - 0x10000);
            memory.Dispose();
            isFree = MemoryApi.Allocate(start, 0x30000, MemoryApi.Reserve, MemoryApi.PageNoAccess) == start;
            _ = isFree && MemoryApi.Free(start, 0, MemoryApi.Release) != 0;
        }

        Assert.True(isFree);
    }

    [Fact]
    public void Disposed_memory_gives_back_its_handles()
    {
        File.WriteAllBytes(FilePath, new byte[0x3000]);
        using SafeFileHandle file = File.OpenHandle(FilePath);
        using Process process = Process.GetCurrentProcess();
        int before = process.HandleCount;

        for (int i = 0; i < 300; i++)
        {
            Host.Allocate(0x3000, [new(0, 0x3000, file, 0)]).Dispose();
            MapReadOnly(file, 0x3000).Dispose();
            Assert.Throws<HyperlightException>(() => MapReadOnly(file, 0x3001));
        }

        process.Refresh();
        Assert.InRange(process.HandleCount, 0, before + 200);
    }

    [Fact]
    public void Bytes_behind_the_end_of_a_mapped_file_are_zero_and_the_file_cannot_be_shortened()
    {
        File.WriteAllBytes(FilePath, [.. Enumerable.Repeat((byte)7, 0x2801)]);
        using FileStream file = new(FilePath, FileMode.Open, FileAccess.ReadWrite);
        using MappedMemory memory = MapReadOnly(file.SafeFileHandle, 0x2801);

        Assert.Equal(0x3000UL, memory.Size);
        Assert.Equal(7, memory.Page(0x2000)[0x800]);
        Assert.False(memory.Page(0x2000)[0x801..].ContainsAnyExcept((byte)0));
        Assert.Empty(memory.WrittenPages());
        Assert.Throws<IOException>(() => file.SetLength(0x1000));
    }

    [Fact]
    public void Only_pages_that_differ_from_their_source_are_written_pages()
    {
        File.WriteAllBytes(FilePath, [.. Enumerable.Repeat((byte)7, 0x3000)]);
        using SafeFileHandle file = File.OpenHandle(FilePath);
        using MappedMemory memory = Host.Allocate(0x6000, [new(0x1000, 0x2000, file, 0x1000)]);

        memory.Slice(0x1000, 1)[0] = 7;
        memory.Slice(0x2FFF, 1)[0] = 8;
        memory.Slice(0x3000, 1)[0] = 7;
        memory.Slice(0x4000, 1)[0] = 0;
        Assert.Equal([0x2000UL, 0x3000UL], memory.WrittenPages());

        memory.Discard();
        Assert.Empty(memory.WrittenPages());
        Assert.Equal([0, 7, 7, 0], Enumerable.Range(0, 4).Select(page => memory.Slice((ulong)page * 0x1000, 1)[0]));
    }

    private void Touch(int offset, string progress)
    {
        using MappedMemory memory = offset < 0x10000 ? Host.Allocate(0x3000) : Host.Allocate(0x10000);
        File.WriteAllText(progress, "inside");
        _ = Marshal.ReadByte((nint)memory.Address + offset);
        File.WriteAllText(progress, "outside");
    }

    internal override MappedMemory MapReadOnly(SafeFileHandle file, ulong size) => WindowsMemory.MapReadOnly(file, size);
}
