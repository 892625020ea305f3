using Hyperlight.Hypervisors;
using Hyperlight.Snapshots.Formats;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>
/// Tests a snapshot that upstream's hyperlight-host v0.16.0 saved with KVM on an AMD processor. The guest is tests/guests/misbehave.elf
/// with a heap of 128 KiB, after <c>SetDataWord(1271)</c>.
/// </summary>
public sealed class UpstreamSnapshotTests : IDisposable
{
    private const string Tag = "ready";
    private static readonly CpuVendor Vendor = CpuVendor.Amd;
    private const int Word = 1271;

    private static readonly string Saved = Path.Combine(AppContext.BaseDirectory, "Vectors", "upstream-snapshot");

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hyperlight-upstream-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void It_is_what_the_schema_says_and_all_of_it_is_accepted()
    {
        using SavedSnapshot saved = new SnapshotReader(Saved, new("x86_64", Vendor), "kvm").Read(Tag, verifyContent: true);

        Assert.Equal("amd64-0.16", saved.Map.Layout.Id);
        Assert.Equal((0x20000UL, 1UL), (saved.Map.Sizes.HeapSize, saved.Generation));
    }

    [KvmFact(Needs.Kvm)]
    public void It_is_loaded_called_saved_and_loaded_again()
    {
        Assert.SkipUnless(
            Hypervisor.Chosen.Identity.CpuVendor == Vendor, $"probe CpuVendor: the snapshot needs a processor of {Vendor}");
        string again = Path.Combine(_root.FullName, "again");
        using (Snapshot loaded = Snapshot.Load(Saved, Tag))
        {
            using Sandbox sandbox = loaded.CreateSandbox();
            Assert.Equal(Word, sandbox.Call<int>("DataWord"));
            sandbox.Call("SetDataWord", Word + 1);
            using Snapshot next = sandbox.TakeSnapshot();
            next.Save(again, Tag);
            sandbox.Restore(loaded);
            Assert.Equal(Word, sandbox.Call<int>("DataWord"));
        }

        using Snapshot reloaded = Snapshot.Load(again, Tag);
        using Sandbox copy = reloaded.CreateSandbox();
        Assert.Equal(Word + 1, copy.Call<int>("DataWord"));
    }
}
