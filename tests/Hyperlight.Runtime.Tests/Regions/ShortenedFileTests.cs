using Hyperlight.Memory;
using Hyperlight.Runtime.Tests.Guests;
using static Hyperlight.Runtime.Tests.Regions.GuestFile;

namespace Hyperlight.Runtime.Tests.Regions;

/// <summary>
/// Tests files that become shorter while they are mapped. Reading the missing pages would end the process, so the host must not read them.
/// </summary>
public sealed class ShortenedFileTests : IDisposable
{
    private static readonly GuestPhysicalAddress At = FreeAddress(Amd64);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hyperlight-core-");

    public void Dispose() => _directory.Delete(recursive: true);

    [KvmTheory]
    [InlineData(Amd64)]
    [InlineData(I686)]
    public void A_guest_that_reads_what_is_gone_crashes_alone(string name)
    {
        using GuestFile file = new(0x4000);
        using TestGuest guest = new(name);
        using Sandbox neighbour = guest.Start();
        using Sandbox sandbox = guest.Start(options => options.CrashDumpDirectory = _directory.FullName);
        using Snapshot start = sandbox.TakeSnapshot();
        GuestPhysicalAddress at = FreeAddress(name);
        sandbox.MapFile(file.Path, at);
        sandbox.Call<ulong>("MapRegion", at.Value, 0UL, 0x4000UL, CopyOnWrite);
        Assert.Equal(0x3000 % 251, sandbox.Call<int>("ReadByte", at.Value + 0x3000));

        file.Resize(0x1000);

        Assert.Equal(1, sandbox.Call<int>("ReadByte", at.Value + 1));
        GuestFaultException fault = Assert.Throws<GuestFaultException>(() => sandbox.Call<int>("ReadByte", at.Value + 0x3000));
        Assert.Contains("became shorter", fault.Message, StringComparison.Ordinal);
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
        Assert.Single(_directory.GetFiles());
        Assert.Equal(42, neighbour.Call<int>("DataWord"));
        sandbox.Restore(start);
        Assert.Equal(42, sandbox.Call<int>("DataWord"));
    }

    [KvmFact]
    public void A_snapshot_that_would_need_what_is_gone_is_refused()
    {
        using GuestFile file = new(0x4000);
        using TestGuest guest = new(Amd64);
        using Sandbox sandbox = guest.Start();
        sandbox.MapFile(file.Path, At);
        sandbox.Call<ulong>("MapRegion", At.Value, 0UL, 0x4000UL, ReadOnly);
        file.Resize(0x3FFF);

        SnapshotFailedException exception = Assert.Throws<SnapshotFailedException>(() => sandbox.TakeSnapshot());

        Assert.Contains("0x200003000 has become shorter", exception.Message, StringComparison.Ordinal);
        Assert.Equal(SandboxState.Ready, sandbox.State);
        sandbox.Unmap(At);
        sandbox.TakeSnapshot().Dispose();
    }

    [Fact]
    public void A_page_that_is_gone_is_none_and_no_other_part_can_be_touched()
    {
        using GuestFile file = new(0x2800);
        using SharedMemory shared = RegularFile.Map(file.Path, Hypervisor.Chosen.Memory);
        MappedMemory memory = shared.Memory;
        PhysicalMemory physical = new((new GuestPhysicalAddress(0x10000), memory));
        Assert.Equal([.. Content(0x2800)[0x2000..], .. new byte[0x800]], physical.Page(new(0x12000)).ToArray());

        File.WriteAllBytes(file.Path, Content(0x4000)); // A longer file shows only in pages that are mapped already.
        Assert.Equal(Content(0x3000)[0x2000..], physical.Page(new(0x12000)).ToArray());
        Assert.True(physical.Page(new(0x13000)).IsEmpty);
        file.Resize(0x2000);

        Assert.Equal(Content(0x2000)[0x1000..], physical.Page(new(0x11000)).ToArray());
        Assert.True(physical.Page(new(0x12000)).IsEmpty);
        Assert.Throws<InvalidOperationException>(() => memory.Slice(0, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Page(0x3000).Length);
    }
}
