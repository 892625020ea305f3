using Hyperlight.Hypervisors;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hypervisors;
using Hyperlight.Runtime.Tests.Interrupts;
using Hyperlight.Runtime.Tests.Snapshots.Formats;
using Hyperlight.Snapshots;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>
/// Tests snapshots that were taken on another hypervisor than the one that takes them. The other hypervisor is the same one under another
/// name.
/// </summary>
public sealed class ForeignHypervisorTests : IDisposable
{
    private const string Tag = "ready";
    private const string Elsewhere = "elsewhere";

    private readonly WatchedHypervisor _other = new(Hypervisor.Chosen) { Disguise = Elsewhere };
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>The guests whose snapshots are in upstream's format, and those whose snapshots are in our own.</summary>
    public static TheoryData<string> Guests => ["misbehave", "misbehave32", "misbehave-flat"];

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void A_snapshot_on_disk_goes_on_and_goes_back(string name)
    {
        using TestGuest guest = new(name);
        using (Sandbox first = guest.Start())
        {
            first.Call("SetDataWord", 1);
            using Snapshot snapshot = first.TakeSnapshot();
            snapshot.Save(_directory.Path, Tag);
        }

        string digest;
        using (SnapshotContent loaded = Load(_other))
        {
            using Snapshot foreign = new(loaded);
            Assert.True(loaded.TryShare());
            using Sandbox second = foreign.CreateSandbox(options => options.Hypervisor = _other);
            Assert.Equal(1, second.Call<int>("DataWord"));
            second.Call("SetDataWord", 2);
            using Snapshot snapshot = second.TakeSnapshot();
            digest = snapshot.Save(_directory.Path, Tag);
        }

        Assert.Contains($"\"hypervisor\": \"{Elsewhere}\"", ConfigText(), StringComparison.Ordinal);
        using Snapshot back = Snapshot.Load(_directory.Path, digest);
        using Sandbox third = back.CreateSandbox();
        Assert.Equal(2, third.Call<int>("DataWord"));
        Assert.Equal(digest, back.Save(_directory.Path, "again"));
    }

    [KvmFact(Needs.Paging32)]
    public void A_snapshot_on_disk_of_a_guest_with_32_bit_paging_goes_on_and_goes_back() =>
        A_snapshot_on_disk_goes_on_and_goes_back("misbehave-paged");

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void A_snapshot_in_memory_is_restored_and_each_hypervisor_has_accepted_its_registers_once(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox here = guest.Start();
        here.Call("SetDataWord", 1);
        using Snapshot snapshot = here.TakeSnapshot();
        int commits = 0;
        WatchedHypervisor other = new(Hypervisor.Chosen)
        {
            Disguise = Elsewhere,
            Before = request => commits += request == "Commit" ? 1 : 0,
        };
        using Sandbox there = guest.Start(options => options.Hypervisor = other);

        here.Restore(snapshot);
        there.Restore(snapshot);
        there.Restore(snapshot);

        Assert.Equal(1, there.Call<int>("DataWord"));
        Assert.Equal(1, commits);
        there.Call("SetDataWord", 2);
        using Snapshot back = there.TakeSnapshot();
        here.Restore(back);
        Assert.Equal(2, here.Call<int>("DataWord"));
    }

    [KvmFact(Needs.Paging32)]
    public void A_snapshot_in_memory_of_a_guest_with_32_bit_paging_is_restored() =>
        A_snapshot_in_memory_is_restored_and_each_hypervisor_has_accepted_its_registers_once("misbehave-paged");

    [KvmFact(Needs.Interrupts)]
    public void A_snapshot_with_interrupt_controllers_is_HL3007_on_disk_and_names_the_difference_in_memory()
    {
        using TestGuest guest = TickingGuest.Bake("ticks32");
        using Sandbox here = guest.Start();
        using Snapshot snapshot = here.TakeSnapshot();
        snapshot.Save(_directory.Path, Tag);
        using Sandbox there = guest.Start(options => options.Hypervisor = _other);

        HyperlightException refused = Assert.Throws<HyperlightException>(() => Load(_other));
        SnapshotMismatchException mismatch = Assert.Throws<SnapshotMismatchException>(() => there.Restore(snapshot));

        Assert.Equal(Rules.SnapshotMachineDiffers, refused.Finding!.Rule);
        Assert.Contains("the state of interrupt controllers is in the form of one hypervisor", refused.Message, StringComparison.Ordinal);
        Assert.Equal(
            ["interrupt controllers: the snapshot has those of the hypervisor kvm, the sandbox those of elsewhere"], mismatch.Differences);
        Assert.InRange(there.Call<uint>("Count", 1u, TickingGuest.Period), 1u, uint.MaxValue);
    }

    [KvmFact]
    public void A_snapshot_that_does_not_say_that_its_registers_are_neutral_is_HL3007()
    {
        using TestGuest guest = new("misbehave");
        using (Sandbox sandbox = guest.Start())
        using (Snapshot snapshot = sandbox.TakeSnapshot())
        {
            snapshot.Save(_directory.Path, Tag);
        }

        TestSnapshots.ForgeManifest(
            _directory.Path, manifest => Assert.True(manifest["annotations"]!.AsObject().Remove("dev.hyperlight.sdk.registers")));

        Load(Hypervisor.Chosen).Dispose();
        HyperlightException refused = Assert.Throws<HyperlightException>(() => Load(_other));
        Assert.Equal(Rules.SnapshotMachineDiffers, refused.Finding!.Rule);
        Assert.Contains("upstream or an older SDK", refused.Message, StringComparison.Ordinal);
    }

    [KvmFact]
    public void Sandboxes_start_from_the_snapshot_of_an_image_whatever_the_hypervisor_was()
    {
        using TestGuest guest = new("misbehave");
        AddSnapshot(guest, sandbox => sandbox.Call("SetBssWord", 7));
        using GuestImage image = GuestImage.Open(guest.Image.Directory);

        using Sandbox there = image.CreateSandbox(options => options.Hypervisor = _other, TestContext.Current.CancellationToken);
        using Sandbox here = image.CreateSandbox(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal((7, 7), (there.Call<int>("BssWord"), here.Call<int>("BssWord")));
        Assert.Null(image.CheckSnapshot());
    }

    [KvmFact(Needs.Interrupts)]
    public void An_image_remembers_for_each_hypervisor_whether_its_snapshot_fits()
    {
        using TestGuest guest = TickingGuest.Bake("ticks32");
        AddSnapshot(guest, sandbox => sandbox.Call("SetMask", 0xFFu));
        using GuestImage image = GuestImage.Open(guest.Image.Directory);

        using Sandbox there = image.CreateSandbox(options => options.Hypervisor = _other, TestContext.Current.CancellationToken);
        using Sandbox here = image.CreateSandbox(cancellationToken: TestContext.Current.CancellationToken);

        Assert.NotEqual(0xFFu, there.Call<uint>("Mask"));
        Assert.Equal(0xFFu, here.Call<uint>("Mask"));
        Assert.Null(image.CheckSnapshot());
    }

    /// <summary>
    /// Each row changes a config whose manifest says that its registers are neutral: the path of the field, and the value.
    /// </summary>
    [KvmTheory]
    [InlineData("sregs.cs.unusable", "1")]
    [InlineData("sregs.ldt.unusable", "0")]
    [InlineData("sregs.ldt.unusable", "2")]
    [InlineData("sregs.ldt.present", "1")]
    [InlineData("sregs.gs.padding", "1")]
    [InlineData("sregs.apic_base", "4276092928")]
    [InlineData("sregs.interrupt_bitmap", "[0,1,0,0]")]
    [InlineData("sregs.interrupt_bitmap", "[]")]
    [InlineData("sregs.cr4", "8390176")]
    [InlineData("sregs.cr8", "16")]
    [InlineData("sregs.efer", "7425")]
    [InlineData("sregs.fs.base", "9223372036854775808")]
    public void Registers_that_are_not_as_neutral_as_the_manifest_says_are_HL3009(string path, string json)
    {
        using TestGuest guest = new("misbehave");
        using (Sandbox sandbox = guest.Start())
        using (Snapshot snapshot = sandbox.TakeSnapshot())
        {
            snapshot.Save(_directory.Path, Tag);
        }

        TestSnapshots.ForgeConfig(_directory.Path, config => SnapshotReaderTests.Set(config, path, json));

        foreach (WatchedHypervisor hypervisor in (WatchedHypervisor[])[_other, new(Hypervisor.Chosen)])
        {
            Assert.Equal(Rules.SnapshotState, Assert.Throws<HyperlightException>(() => Load(hypervisor)).Finding!.Rule);
        }
    }

    [KvmFact]
    public void A_hypervisor_name_with_control_characters_is_HL3002()
    {
        using TestGuest guest = new("misbehave");
        using (Sandbox sandbox = guest.Start())
        using (Snapshot snapshot = sandbox.TakeSnapshot())
        {
            snapshot.Save(_directory.Path, Tag);
        }

        TestSnapshots.ForgeConfig(_directory.Path, config => config["hypervisor"] = "\u001b[2J");

        Assert.Equal(Rules.ImageMalformed, Assert.Throws<HyperlightException>(() => Load(_other)).Finding!.Rule);
    }

    private static void AddSnapshot(TestGuest guest, Action<Sandbox> prepare)
    {
        using Sandbox sandbox = guest.Start();
        prepare(sandbox);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        snapshot.Save(guest.Image.Directory, "snapshot");
    }

    private SnapshotContent Load(IHypervisor hypervisor) =>
        SnapshotFile.Load(_directory.Path, Tag, verifyContent: true, hypervisor);

    private string ConfigText() => File.ReadAllText(TestSnapshots.BlobPath(_directory.Path, "config"));
}
