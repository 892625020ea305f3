using Hyperlight.Hypervisors;
using Hyperlight.Oci;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hypervisors;
using Hyperlight.Runtime.Tests.Hypervisors.Whp;
using Hyperlight.Runtime.Tests.Snapshots.Formats;
using Hyperlight.Snapshots;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Comparison;

/// <summary>
/// Tests that each of KVM and the Windows backend goes on with the snapshots of the other, in every layout: in memory, on disk, and with
/// the image whose build took the snapshot.
/// </summary>
[Collection(nameof(Alone))]
public sealed class HypervisorSnapshotTests : IWhpTests, IDisposable
{
    private const string Tag = "ready";
    private const uint SysenterEip = 0x176;

    private readonly TemporaryDirectory _directory = new();

    public HypervisorSnapshotTests()
    {
        _ = TestHypervisor.Kvm;
        _ = TestHypervisor.Whp;
    }

    /// <summary>A guest of each layout that needs no 32-bit paging: its name, and the version of upstream.</summary>
    public static TheoryData<string, string> Guests => new()
    {
        { "misbehave", "0.16.0" },
        { "misbehave", "0.17.0" },
        { "misbehave32", "0.16.0" },
        { "misbehave-flat", "0.16.0" },
    };

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Guests))]
    public void A_snapshot_on_disk_goes_to_the_other_and_back(string name, string version)
    {
        (IHypervisor first, IHypervisor second) = Order(kvmFirst: true);
        using TestGuest guest = ComparedGuest.Bake(name, version);
        using (Sandbox sandbox = guest.Image.CreateSandbox(options => ComparedGuest.Configure(options, first), TestCanceled))
        {
            Save(Change(sandbox, 1));
        }

        using (Sandbox sandbox = Load(second))
        {
            AssertWords(sandbox, 1);
            Save(Change(sandbox, 2));
        }

        Assert.Contains(
            $"\"hypervisor\": \"{second.Name}\"",
            File.ReadAllText(TestSnapshots.BlobPath(_directory.Path, "config")),
            StringComparison.Ordinal);
        using Sandbox back = Load(first);
        AssertWords(back, 2);
    }

    [KvmFact(Needs.Paging32)]
    public void A_snapshot_on_disk_of_a_guest_with_32_bit_paging_goes_to_the_other_and_back() =>
        A_snapshot_on_disk_goes_to_the_other_and_back("misbehave-paged", "0.16.0");

    [Theory]
    [MemberData(nameof(Guests))]
    public void A_snapshot_in_memory_goes_to_the_other_and_back(string name, string version)
    {
        (IHypervisor first, IHypervisor second) = Order(kvmFirst: true);
        using TestGuest guest = ComparedGuest.Bake(name, version);
        using Sandbox here = guest.Image.CreateSandbox(options => ComparedGuest.Configure(options, first), TestCanceled);
        using Sandbox there = guest.Image.CreateSandbox(options => ComparedGuest.Configure(options, second), TestCanceled);
        using Snapshot one = Change(here, 1).TakeSnapshot();

        there.Restore(one);
        AssertWords(there, 1);
        using Snapshot two = Change(there, 2).TakeSnapshot();
        here.Restore(two);
        AssertWords(here, 2);
        using Sandbox created = two.CreateSandbox(options => ComparedGuest.Configure(options, first), TestCanceled);
        AssertWords(created, 2);
    }

    [KvmFact(Needs.Paging32)]
    public void A_snapshot_in_memory_of_a_guest_with_32_bit_paging_goes_to_the_other_and_back() =>
        A_snapshot_in_memory_goes_to_the_other_and_back("misbehave-paged", "0.16.0");

    [Theory]
    [InlineData("misbehave", "0.16.0", true)]
    [InlineData("misbehave", "0.16.0", false)]
    [InlineData("misbehave", "0.17.0", true)]
    [InlineData("misbehave32", "0.16.0", true)]
    [InlineData("misbehave32", "0.16.0", false)]
    [InlineData("misbehave-flat", "0.16.0", true)]
    public void The_snapshot_of_a_build_is_used_on_the_other(string name, string version, bool kvmFirst)
    {
        (IHypervisor first, IHypervisor second) = Order(kvmFirst);
        using TestGuest guest = ComparedGuest.Bake(name, version);
        using (Sandbox sandbox = guest.Image.CreateSandbox(options => ComparedGuest.Configure(options, first), TestCanceled))
        {
            using Snapshot snapshot = Change(sandbox, 7).TakeSnapshot();
            snapshot.Save(guest.Image.Directory, "snapshot", TestCanceled);
        }

        using GuestImage image = GuestImage.Open(guest.Image.Directory);
        using Sandbox there = image.CreateSandbox(options => ComparedGuest.Configure(options, second), TestCanceled);
        using Sandbox here = image.CreateSandbox(options => ComparedGuest.Configure(options, first), TestCanceled);

        Assert.NotNull(image.SnapshotDigest);
        AssertWords(there, 7);
        AssertWords(here, 7);
        Assert.Null(image.CheckSnapshot());
    }

    [KvmFact(Needs.Paging32)]
    public void The_snapshot_of_a_build_of_a_guest_with_32_bit_paging_is_used_on_the_other() =>
        The_snapshot_of_a_build_is_used_on_the_other("misbehave-paged", "0.16.0", kvmFirst: true);

    /// <summary>Guests in the same state are saved as the same bytes, except for the name of the hypervisor.</summary>
    [Theory]
    [MemberData(nameof(Guests))]
    public void Both_save_the_same_bytes(string name, string version)
    {
        Assert.SkipUnless(TestHypervisor.Kvm.System.HasMsrFilter, "probe MsrFilter: KVM_CAP_X86_MSR_FILTER is not there");
        using TestGuest guest = ComparedGuest.Bake(name, version);
        using Twins twins = new(hypervisor => guest.Image.CreateSandbox(
            options => ComparedGuest.Configure(options, hypervisor), TestCanceled));
        (string[] Layers, string Config) kvm = Saved(Change(twins.OnKvm, 3));
        (string[] Layers, string Config) whp = Saved(Change(twins.OnWhp, 3));

        Assert.Equal(kvm.Layers, whp.Layers);
        Assert.Equal(
            kvm.Config.Replace("\"kvm\"", "\"?\"", StringComparison.Ordinal),
            whp.Config.Replace("\"whp\"", "\"?\"", StringComparison.Ordinal));
    }

    /// <summary>The guest of a few bytes writes to a register in its first call and prints the low byte in each call.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_model_specific_register_that_the_guest_may_use_goes_to_the_other(bool kvmFirst)
    {
        // mov ecx, 0x176; rdmsr; mov edx, 103; out dx, eax; mov eax, 'W'; xor edx, edx; wrmsr
        using TestGuest guest = TestGuest.FromElf(TinyElf
            .Elf(0xB9, 0x76, 0x01, 0, 0, 0x0F, 0x32, 0xBA, 0x67, 0, 0, 0, 0xEF, 0xB8, (byte)'W', 0, 0, 0, 0x31, 0xD2, 0x0F, 0x30).Build());
        (IHypervisor first, IHypervisor second) = Order(kvmFirst);
        using StringWriter printed = new();
        void Allow(SandboxOptions options, IHypervisor hypervisor)
        {
            options.Hypervisor = hypervisor;
            options.DebugPrint = printed;
            options.AllowedMsrs.Add(SysenterEip);
        }

        using (Sandbox sandbox = guest.Image.CreateSandbox(options => Allow(options, first), TestCanceled))
        {
            Assert.Throws<GuestProtocolException>(() => sandbox.Call("F"));
            Save(sandbox);
        }

        using Sandbox other = Load(second, options => Allow(options, second));
        Assert.Throws<GuestProtocolException>(() => other.Call("F"));

        Assert.Equal(" W", printed.ToString());
    }

    /// <summary>XCR0 has a bit that no virtual machine gets without a request of the process.</summary>
    [Fact]
    public void A_state_that_neither_can_have_is_a_coded_refusal_and_harms_nobody()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox neighbour = guest.Start();
        Save(neighbour);
        TestSnapshots.ForgeManifest(_directory.Path, manifest => manifest["annotations"]!["dev.hyperlight.sdk.xcr0"] = "0x60001");

        foreach (IHypervisor hypervisor in (IHypervisor[])[TestHypervisor.Kvm, TestHypervisor.Whp])
        {
            HypervisorException refused = Assert.Throws<HypervisorException>(() => Load(hypervisor));
            Assert.Equal(Rules.HypervisorFailed, refused.Finding?.Rule);
        }

        Assert.Equal(42, neighbour.Call<int>("DataWord"));
    }

    private static (IHypervisor First, IHypervisor Second) Order(bool kvmFirst) =>
        kvmFirst ? (TestHypervisor.Kvm, TestHypervisor.Whp) : (TestHypervisor.Whp, TestHypervisor.Kvm);

    private static (string[] Layers, string Config) Saved(Sandbox sandbox)
    {
        using TemporaryDirectory directory = new();
        using Snapshot snapshot = sandbox.TakeSnapshot(TestCanceled);
        snapshot.Save(directory.Path, Tag, TestCanceled);
        string config = TestSnapshots.BlobPath(directory.Path, "config");
        string manifest = TestSnapshots.BlobPath(directory.Path, OciLayout.ManifestMediaType);
        return (
            [.. Directory.GetFiles(OciLayout.BlobDirectory(directory.Path)).Except([config, manifest]).Select(Path.GetFileName).Order()!],
            File.ReadAllText(config));
    }

    private static Sandbox Change(Sandbox sandbox, int word)
    {
        sandbox.Call("SetDataWord", word);
        sandbox.Call("SetBssWord", -word);
        Assert.Equal(9, sandbox.Call<int>("AllocateAndTouch", 9));
        return sandbox;
    }

    private static void AssertWords(Sandbox sandbox, int word)
    {
        Assert.Equal((word, -word), (sandbox.Call<int>("DataWord"), sandbox.Call<int>("BssWord")));
        Assert.Equal(5, sandbox.Call<int>("AllocateAndTouch", 5));
    }

    private void Save(Sandbox sandbox)
    {
        using Snapshot snapshot = sandbox.TakeSnapshot(TestCanceled);
        snapshot.Save(_directory.Path, Tag, TestCanceled);
    }

    private Sandbox Load(IHypervisor hypervisor, Action<SandboxOptions>? configure = null)
    {
        using Snapshot snapshot = new(
            SnapshotFile.Load(_directory.Path, Tag, verifyContent: true, hypervisor, symbols: null, TestCanceled));
        return snapshot.CreateSandbox(configure ?? (options => ComparedGuest.Configure(options, hypervisor)), TestCanceled);
    }
}
