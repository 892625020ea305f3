using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Hyperlight.Hypervisors.Whp;
using Hyperlight.Hypervisors.Whp.Surrogates;
using Hyperlight.Memory;
using Hyperlight.Memory.Windows;
using Hyperlight.Testing;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp.Surrogates;

/// <summary>Tests surrogate processes. What a process has is read through its handle, as the hypervisor does.</summary>
[Trait("Wine", "yes")]
public sealed class WindowsSurrogateTests : IDisposable
{
    // A variable that only the other process of a test has: the file for what the process did.
    private const string Variable = "HYPERLIGHT_TEST_SURROGATES";

    // WAIT_TIMEOUT of winerror.h.
    private const uint StillRuns = 0x102;

    private readonly SurrogatePool _pool = new(initial: 0, maximum: 3);
    private readonly WindowsHostMemory _host = new();

    public WindowsSurrogateTests() => Assert.SkipUnless(OperatingSystem.IsWindows(), "needs Windows or Wine");

    public void Dispose() => _pool.Dispose();

    [Fact]
    public void A_process_sees_the_memory_of_the_host_and_the_host_what_is_written_there()
    {
        using MappedMemory memory = _host.Allocate(0x23000);
        using IMemorySource source = _pool.Take();
        ulong address = source.Map(memory);

        memory.Slice(0x22FFF, 1)[0] = 42;
        Assert.Equal(42, OtherMemory.Read(source, address + 0x22FFF));
        Assert.True(OtherMemory.TryWrite(source, address + 0x1000, 43));
        Assert.Equal(43, memory.Slice(0x1000, 1)[0]);
    }

    [Fact]
    public void Several_processes_see_the_same_memory()
    {
        using MappedMemory memory = _host.Allocate(0x1000);
        using IMemorySource first = _pool.Take();
        using IMemorySource second = _pool.Take();

        Assert.True(OtherMemory.TryWrite(first, first.Map(memory), 7));

        Assert.Equal(7, OtherMemory.Read(second, second.Map(memory)));
    }

    [Fact]
    public void Memory_that_nobody_may_write_cannot_be_written_there()
    {
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, [7]);
        using (IMemorySource source = _pool.Take())
        using (FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.DeleteOnClose))
        using (MappedMemory view = WindowsMemory.MapReadOnly(file.SafeFileHandle, 1))
        using (MappedMemory region = _host.Allocate(0x1000))
        {
            region.MakeReadOnly();
            Assert.Equal(7, OtherMemory.Read(source, source.Map(view)));
            Assert.Equal(0, OtherMemory.Read(source, source.Map(region)));

            Assert.Equal(MemoryApi.PageReadOnly, OtherMemory.ProtectionAt(source, source.Map(view)));
            Assert.Equal(MemoryApi.PageReadOnly, OtherMemory.ProtectionAt(source, source.Map(region)));
        }
    }

    [Fact]
    public void Memory_that_is_mapped_twice_has_one_view_until_it_was_unmapped_twice()
    {
        using MappedMemory memory = _host.Allocate(0x1000);
        using IMemorySource source = _pool.Take();
        ulong address = source.Map(memory);

        Assert.Equal(address, source.Map(memory));
        source.Unmap(memory);
        Assert.Equal(0, OtherMemory.Read(source, address));
        source.Unmap(memory);
        Assert.Equal(-1, OtherMemory.Read(source, address));
    }

    [Fact]
    public void A_returned_process_is_used_again_without_the_memory_of_the_machine_before()
    {
        using MappedMemory memory = _host.Allocate(0x1000);
        IMemorySource first = _pool.Take();
        nint process = first.Process!.Value;
        ulong address = first.Map(memory);
        first.Map(memory);
        first.Dispose();
        first.Dispose();

        using IMemorySource second = _pool.Take();
        Assert.Equal(process, second.Process);
        Assert.Equal(-1, OtherMemory.Read(second, address));
        using IMemorySource third = _pool.Take();
        Assert.NotEqual(process, third.Process);
        Assert.Equal(2, _pool.Count);
    }

    [Fact]
    public void A_machine_above_the_limit_is_HL5006_and_returned_processes_make_room()
    {
        IMemorySource[] sources = [_pool.Take(), _pool.Take(), _pool.Take()];

        HypervisorException refusal = Assert.Throws<HypervisorException>(_pool.Take);
        Assert.Equal(Rules.NoRoomForMachine, refusal.Finding?.Rule);
        Assert.Contains("3 surrogate processes", refusal.Message, StringComparison.Ordinal);

        sources[1].Dispose();
        _pool.Take().Dispose();
        Assert.Equal(3, _pool.Count);
    }

    [Fact]
    public void Threads_that_take_at_once_get_no_more_processes_than_the_limit()
    {
        ConcurrentBag<nint?> taken = [];
        int refused = 0;
        Parallel.For(0, 8, _ =>
        {
            try
            {
                taken.Add(_pool.Take().Process);
            }
            catch (HypervisorException)
            {
                Interlocked.Increment(ref refused);
            }
        });

        Assert.Equal((3, 5), (taken.Distinct().Count(), refused));
    }

    [Fact]
    public void A_process_that_somebody_ended_is_HL5007_and_not_used_again()
    {
        using MappedMemory memory = _host.Allocate(0x1000);
        using MappedMemory other = _host.Allocate(0x1000);
        IMemorySource source = _pool.Take();
        source.Map(memory);
        Kill(source.Process!.Value);

        HypervisorException refusal = Assert.Throws<HypervisorException>(() => source.Map(other));
        Assert.Equal(Rules.SurrogateFailed, refusal.Finding?.Rule);
        Assert.Contains("has ended", refusal.Message, StringComparison.Ordinal);
        source.Dispose();
        Assert.Equal(0, _pool.Count);

        using IMemorySource next = _pool.Take();
        Assert.Equal(0, OtherMemory.Read(next, next.Map(memory)));
    }

    [Fact]
    public void A_process_that_somebody_ended_while_it_was_free_is_replaced()
    {
        IMemorySource first = _pool.Take();
        nint process = first.Process!.Value;
        first.Dispose();
        Kill(process);

        using MappedMemory memory = _host.Allocate(0x1000);
        using IMemorySource second = _pool.Take();
        Assert.Equal(0, OtherMemory.Read(second, second.Map(memory)));
        Assert.Equal(1, _pool.Count);
    }

    [Fact]
    public void The_handle_of_a_process_that_nobody_returns_stays()
    {
        nint first = TakeAndForget();
        _pool.Take().Dispose();
        nint second = TakeAndForget();
        GC.Collect();
        GC.WaitForPendingFinalizers();

        Assert.All([first, second], handle =>
        {
            using SafeProcessHandle process = new(handle, ownsHandle: false);
            Assert.Equal(StillRuns, ProcessApi.Wait(process, 0));
        });
    }

    [Fact]
    public void Processes_are_started_ahead_where_the_program_wants_them()
    {
        using SurrogatePool pool = new(initial: 2, maximum: 3);
        Assert.Equal(0, pool.Count);

        using IMemorySource first = pool.Take();
        Assert.Equal(2, pool.Count);
        using IMemorySource second = pool.Take();
        Assert.Equal(2, pool.Count);
        using IMemorySource third = pool.Take();
        Assert.Equal(3, pool.Count);
    }

    [Fact]
    public void A_process_ends_with_its_pool()
    {
        using Process process = Process.GetProcessById(OtherMemory.IdOf(_pool.Take()));
        Assert.False(process.HasExited);

        _pool.Dispose();

        Assert.True(process.WaitForExit(10_000));
    }

    [Theory]
    [InlineData("return")]
    [InlineData("crash")]
    public void A_process_ends_with_a_program_that(string ends)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { } work)
        {
            if (work.StartsWith(ends, StringComparison.Ordinal))
            {
                // Neither the pool nor the source is disposed.
                IMemorySource source = new SurrogatePool(initial: 0, maximum: 1).Take();
                File.WriteAllText(work[(ends.Length + 1)..], OtherMemory.IdOf(source).ToString(CultureInfo.InvariantCulture));
                if (ends == "crash")
                {
                    Environment.FailFast("a test");
                }
            }

            return;
        }

        using TemporaryDirectory folder = new();
        string file = Path.Combine(folder.Path, "id");
        OtherProcess.Run(typeof(WindowsSurrogateTests), nameof(A_process_ends_with_a_program_that), Variable, $"{ends} {file}");

        int id = int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture);
        Stopwatch watch = Stopwatch.StartNew();
        while (IsRunning(id) && watch.Elapsed < TimeSpan.FromSeconds(10))
        {
            Thread.Sleep(10);
        }

        Assert.False(IsRunning(id));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private nint TakeAndForget() => _pool.Take().Process!.Value;

    private static bool IsRunning(int id) => Process.GetProcesses().Any(process => process.Id == id);

    private static void Kill(nint handle)
    {
        using SafeProcessHandle process = new(handle, ownsHandle: false);
        Assert.NotEqual(0, ProcessApi.Terminate(process, 1));
        Assert.Equal(ProcessApi.Signaled, ProcessApi.Wait(process, 10_000));
    }
}
