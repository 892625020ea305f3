using Hyperlight.Elf;
using Hyperlight.Layouts;
using Hyperlight.Oci;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hostile;
using Hyperlight.Snapshots.Formats;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>Tests saved and loaded snapshots.</summary>
[Wine]
public sealed class SavedSnapshotTests : IDisposable
{
    private const string Name = "misbehave";
    private const string Tag = "ready";
    private const int GenerationWord = 0x20;
    private const int ReseedWord = 0x28;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hyperlight-saved-");

    public static TheoryData<string> Versions => ["0.15.0", "0.16.0", "0.17.0"];

    private string Saved => Path.Combine(_root.FullName, "guest");

    public void Dispose() => _root.Delete(recursive: true);

    [KvmTheory]
    [MemberData(nameof(Versions))]
    public void A_saved_snapshot_goes_on_where_it_was_taken(string version)
    {
        string digest;
        using (TestGuest guest = TestGuest.OfVersion(Name, version))
        {
            using Sandbox first = guest.Start();
            first.Call("SetDataWord", 1);
            first.Call("SetBssWord", 2);
            using Snapshot snapshot = first.TakeSnapshot();
            digest = snapshot.Save(Saved, Tag);
        }

        foreach (string reference in (string[])[Tag, digest])
        {
            using Snapshot loaded = Snapshot.Load(Saved, reference);
            using Sandbox second = loaded.CreateSandbox();
            using Sandbox third = loaded.CreateSandbox();
            loaded.Dispose();
            Assert.Equal((1, 2), (second.Call<int>("DataWord"), second.Call<int>("BssWord")));
            second.Call("SetDataWord", 5);
            Assert.Equal(20, second.Call<int>("AllocateAndTouch", 20));
            Assert.Equal(1, third.Call<int>("DataWord"));
        }
    }

    [KvmTheory]
    [MemberData(nameof(Versions))]
    public void What_is_saved_is_what_the_schema_says(string version)
    {
        using TestGuest guest = TestGuest.OfVersion(Name, version);
        using Sandbox sandbox = guest.Start(options => options.HostFunctions
            .Add("Sum", (int a, uint b) => (long)a + b).Add("Mix", (ulong a, float b, double c, bool d) => "")
            .Add("Nothing", (byte[] a, string b) => { }));
        sandbox.Call("SetDataWord", 1);
        using Snapshot first = sandbox.TakeSnapshot();
        sandbox.Restore(first);
        Assert.Equal(10, sandbox.Call<int>("AllocateAndTouch", 10));
        using Snapshot snapshot = sandbox.TakeSnapshot();

        snapshot.Save(Saved, Tag);

        SnapshotOracle oracle = SnapshotOracle.Read(Saved, Tag);
        Assert.Equal(version == "0.17.0" ? 2u : 1, oracle.Config.GetProperty("abi_version").GetUInt32());
        Assert.Equal(2UL, oracle.Config.GetProperty("snapshot_generation").GetUInt64());
        Assert.Equal(
            ["HostPrint(string)int", "Mix(u_long,float,double,bool)string", "Nothing(vec_bytes,string)void", "Sum(int,u_int)long"],
            oracle.Config.GetProperty("host_functions").EnumerateArray()
                .Select(function => function.GetProperty("function_name").GetString()
                    + $"({string.Join(',', function.GetProperty("parameter_types").EnumerateArray().Select(type => type.GetString()))})"
                    + function.GetProperty("return_type").GetString()));
        Assert.Equal(guest.Image.Digest, oracle.Annotations["dev.hyperlight.sdk.initial"]);
    }

    [Fact]
    public void Upstreams_own_config_is_what_the_schema_says() =>
        SnapshotOracle.CheckConfig(
            SnapshotOracle.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Vectors", "snapshot-config.json"))));

    [KvmTheory]
    [InlineData("0.16.0")]
    [InlineData("0.17.0")]
    public void Model_specific_registers_survive_on_disk(string version)
    {
        // mov ecx, 0x176; rdmsr; mov edx, 103; out dx, eax; mov eax, 'W'; xor edx, edx; wrmsr
        using TestGuest guest = TestGuest.FromElf(TinyElf
            .Elf(0xB9, 0x76, 0x01, 0, 0, 0x0F, 0x32, 0xBA, 0x67, 0, 0, 0, 0xEF, 0xB8, (byte)'W', 0, 0, 0, 0x31, 0xD2, 0x0F, 0x30)
            .WithVersionNote(version).Build());
        using StringWriter printed = new();
        void Allow(SandboxOptions options)
        {
            options.DebugPrint = printed;
            options.AllowedMsrs.Add(0x176);
        }

        using Sandbox first = guest.Start(Allow);
        Assert.Throws<GuestProtocolException>(() => first.Call("F"));
        using Snapshot snapshot = first.TakeSnapshot();
        snapshot.Save(Saved, Tag);
        using Snapshot loaded = Snapshot.Load(Saved, Tag);
        using Sandbox second = loaded.CreateSandbox(Allow);
        Assert.Throws<GuestProtocolException>(() => second.Call("F"));

        Assert.Equal(" W", printed.ToString());
        Assert.Throws<SnapshotMismatchException>(() => loaded.CreateSandbox());
    }

    [KvmFact(Needs.Linux)]
    public void All_sandboxes_share_one_read_only_view_of_the_file_which_outlives_its_tag()
    {
        using TestGuest guest = new(Name);
        using Sandbox first = guest.Start();
        using Snapshot snapshot = first.TakeSnapshot();
        snapshot.Save(Saved, Tag);
        using Snapshot loaded = Snapshot.Load(Saved, Tag, options => options.VerifyContent = false);
        using Sandbox second = loaded.CreateSandbox();
        using Sandbox third = loaded.CreateSandbox();
        first.Restore(loaded);

        string view = Assert.Single(File.ReadLines("/proc/self/maps"), line => line.Contains(_root.FullName, StringComparison.Ordinal));
        Assert.Contains(" r--p ", view, StringComparison.Ordinal);

        first.Call("SetDataWord", 1);
        using Snapshot next = first.TakeSnapshot();
        next.Save(Saved, Tag);
        Assert.Equal(3, Directory.GetFiles(OciLayout.BlobDirectory(Saved)).Length);
        Assert.All([second, third], sandbox => Assert.Equal(42, sandbox.Call<int>("DataWord")));
        second.Restore(loaded);
        Assert.Equal(42, second.Call<int>("DataWord"));
    }

    [KvmFact]
    public void A_guest_after_0_16_is_asked_for_new_random_numbers_whenever_it_is_a_copy()
    {
        using TestGuest guest = TestGuest.OfVersion(Name, "0.17.0");
        using Sandbox sandbox = guest.Start();
        Assert.Equal(0UL, sandbox.Call<ulong>("ReadScratchWord", ReseedWord));
        using Snapshot snapshot = sandbox.TakeSnapshot();
        List<ulong> requests = [];
        for (int i = 0; i < 3; i++)
        {
            sandbox.Restore(snapshot);
            requests.Add(sandbox.Call<ulong>("ReadScratchWord", ReseedWord));
            using Sandbox copy = snapshot.CreateSandbox();
            requests.Add(copy.Call<ulong>("ReadScratchWord", ReseedWord));
            Assert.Equal(1UL, copy.Call<ulong>("ReadScratchWord", GenerationWord));
        }

        Assert.All(requests, request => Assert.Equal(1UL, request >> 32));
        Assert.Equal(6, requests.Distinct().Count());
    }

    [KvmFact]
    public void A_guest_of_0_16_is_not_asked_for_new_random_numbers()
    {
        using TestGuest guest = new(Name);
        using Sandbox sandbox = guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        using Sandbox copy = snapshot.CreateSandbox();

        Assert.Equal(0UL, copy.Call<ulong>("ReadScratchWord", ReseedWord));
    }

    [KvmFact]
    public void A_big_heap_that_nobody_touched_costs_its_page_tables_on_disk()
    {
        using (TestGuest guest = new(
            Name, request => request with { Sizes = new GuestSizes { HeapSize = 64 << 20, ScratchSize = 1 << 20 } }))
        {
            using Sandbox sandbox = guest.Start();
            using Snapshot snapshot = sandbox.TakeSnapshot();
            snapshot.Save(Saved, Tag);
        }

        SnapshotOracle oracle = SnapshotOracle.Read(Saved, Tag);
        Assert.InRange(
            new DirectoryInfo(Saved).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length), 1, (1 << 20) - 1);
        Assert.Equal(4096UL, oracle.Size("heap_size"));
        using Snapshot loaded = Snapshot.Load(Saved, Tag);
        using Sandbox second = loaded.CreateSandbox();
        Assert.Equal(64UL << 20, loaded.Map.Sizes.HeapSize);
        Assert.Equal(150, second.Call<int>("AllocateAndTouch", 150));
    }

    [KvmFact]
    public void A_guest_with_more_zeros_than_bytes_gets_the_zeros_that_upstream_wants()
    {
        const ElfSegmentFlags Data = ElfSegmentFlags.Read | ElfSegmentFlags.Write;
        using (TestGuest guest = TestGuest.FromElf(TinyElf.Elf().WithSegment(0x1000, Data, [1], memorySize: 0x100000).Build()))
        {
            using Sandbox sandbox = guest.Start();
            using Snapshot snapshot = sandbox.TakeSnapshot();
            snapshot.Save(Saved, Tag);
        }

        SnapshotOracle oracle = SnapshotOracle.Read(Saved, Tag);
        Assert.InRange(oracle.Size("snapshot_size"), 0x100000UL, 0x110000UL);
        Assert.Equal(4096UL, oracle.Size("heap_size"));
        using Snapshot loaded = Snapshot.Load(Saved, Tag);
        using Sandbox second = loaded.CreateSandbox();
        Assert.Throws<GuestProtocolException>(() => second.Call("F"));
        Assert.Equal(SandboxState.Ready, second.State);
        using Snapshot again = second.TakeSnapshot();
        again.Save(Saved, Tag);
        SnapshotOracle.Read(Saved, Tag);
    }

    [KvmFact]
    public void Snapshots_of_a_loaded_snapshot_share_one_page_of_zeros()
    {
        using TestGuest guest = new(Name, request => request with { Sizes = new GuestSizes { HeapSize = 4 << 20, ScratchSize = 2 << 20 } });
        using Sandbox first = guest.Start();
        using Snapshot snapshot = first.TakeSnapshot();
        snapshot.Save(Saved, Tag);
        using Snapshot loaded = Snapshot.Load(Saved, Tag);
        using Sandbox sandbox = loaded.CreateSandbox();
        for (int i = 0; i < 6; i++)
        {
            sandbox.Call("SetDataWord", i);
            Assert.Equal(50, sandbox.Call<int>("AllocateAndTouch", 50));
            sandbox.Call("SetBssWord", 1);
            sandbox.Call("SetBssWord", 0);
            using Snapshot next = sandbox.TakeSnapshot();
            next.Save(Saved, $"tag-{i}");
            sandbox.Restore(next);
            SnapshotOracle.Read(Saved, $"tag-{i}");
            Assert.Equal((i, 0), (sandbox.Call<int>("DataWord"), sandbox.Call<int>("BssWord")));
        }

        for (int i = 0; i < 6; i++)
        {
            using Snapshot old = Snapshot.Load(Saved, $"tag-{i}");
            using Sandbox copy = old.CreateSandbox();
            Assert.Equal((i, 0), (copy.Call<int>("DataWord"), copy.Call<int>("BssWord")));
            Assert.Equal(50, copy.Call<int>("AllocateAndTouch", 50));
        }
    }

    [KvmFact]
    public void Pages_that_became_zero_after_a_load_are_one_page()
    {
        const int Count = 10;
        using TestGuest guest = new(Name);
        using Sandbox first = guest.Start();
        using Snapshot snapshot = first.TakeSnapshot();
        snapshot.Save(Saved, Tag);
        using Snapshot loaded = Snapshot.Load(Saved, Tag);
        using Sandbox sandbox = loaded.CreateSandbox();
        ulong end = loaded.Map.Heap.Gva.Value + loaded.Map.Heap.Size;
        void Write(int value) => Assert.All(
            Enumerable.Range(1, Count), page => Assert.Equal(value, sandbox.Call<int>("WriteByte", end - ((ulong)page * 4096), value)));
        Write(1);
        using Snapshot written = sandbox.TakeSnapshot();
        Write(0);
        using Snapshot cleared = sandbox.TakeSnapshot();

        Assert.InRange(written.Size - cleared.Size, (Count - 1) * 4096L, Count * 4096L);
        sandbox.Restore(cleared);
        Assert.Equal(0, sandbox.Call<int>("ReadByte", end - 4096));
    }

    [KvmFact]
    public void Hostile_page_tables_in_a_file_hurt_their_own_guest_alone()
    {
        using TestGuest guest = new(Name);
        using Sandbox first = guest.Start();
        using Snapshot snapshot = first.TakeSnapshot();
        Random random = new(1271);
        for (int i = 0; i < 40; i++)
        {
            string directory = Path.Combine(_root.FullName, $"{i}");
            snapshot.Save(directory, Tag);
            Corrupt(directory, random);
            using Snapshot loaded = Snapshot.Load(directory, Tag, options => options.VerifyContent = false);
            using Sandbox sandbox = loaded.CreateSandbox();
            HostileSandbox.AssertContained(sandbox, snapshot);
        }
    }

    [KvmFact]
    public void A_host_function_without_types_cannot_be_saved()
    {
        using TestGuest guest = new(Name);
        using Sandbox sandbox = guest.Start(options => options.HostFunctions.Add("Any", (GuestValue value) => value));
        using Snapshot snapshot = sandbox.TakeSnapshot();

        HyperlightException failure = Assert.Throws<HyperlightException>(() => snapshot.Save(Saved, Tag));
        Assert.Equal(Rules.SnapshotNotSavable, failure.Finding!.Rule);
        Assert.Contains("Any", failure.Message, StringComparison.Ordinal);
    }

    [KvmFact(Needs.Linux)]
    public void A_snapshot_of_another_machine_is_HL3007_with_the_reason()
    {
        using TestGuest guest = new(Name);
        using Sandbox sandbox = guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        snapshot.Save(Saved, Tag);
        string config = Directory.GetFiles(OciLayout.BlobDirectory(Saved)).Single(
            path => File.ReadAllText(path).Contains("\"cpu_vendor\"", StringComparison.Ordinal));
        Assert.Contains($"\"cpu_vendor\": \"{Vendor()}\"", File.ReadAllText(config), StringComparison.Ordinal);

        HyperlightException failure = Assert.Throws<HyperlightException>(
            () => new SnapshotReader(Saved, new("x86_64", new("ImaginaryCPU")), "kvm").Read(Tag, verifyContent: true));
        Assert.Equal(Rules.SnapshotMachineDiffers, failure.Finding!.Rule);
        Assert.Contains("the features of its processor", failure.Message, StringComparison.Ordinal);
    }

    [KvmFact]
    public void What_is_disposed_or_badly_named_is_not_saved()
    {
        using TestGuest guest = new(Name);
        using Sandbox sandbox = guest.Start();
        Snapshot snapshot = sandbox.TakeSnapshot();
        Assert.All(["", ".x", "-x", "a b", "a/b", "a:b", "ä", new string('a', 129), "initial"], tag =>
            Assert.Throws<ArgumentException>(() => snapshot.Save(Saved, tag)));
        snapshot.Dispose();

        Assert.Throws<ObjectDisposedException>(() => snapshot.Save(Saved, Tag));
        Assert.False(Directory.Exists(Saved));
    }

    /// <summary>Gets the processor's vendor from Linux.</summary>
    private static string Vendor() =>
        File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("vendor_id", StringComparison.Ordinal)).Split(':')[1].Trim();

    private static void Corrupt(string directory, Random random)
    {
        SnapshotOracle oracle = SnapshotOracle.Read(directory, Tag);
        string blob = new DirectoryInfo(OciLayout.BlobDirectory(directory)).GetFiles().MaxBy(file => file.Length)!.FullName;
        byte[] bytes = oracle.Blob;
        for (int changes = 0; changes < 20; changes++)
        {
            int entry = (int)oracle.Size("snapshot_size") + (8 * random.Next((int)oracle.Size("pt_size") / 8));
            ulong target = random.Next(3) switch
            {
                0 => 0xF_FFFB_8000 + (4096UL * (ulong)random.Next(72)), // An address in scratch, possibly of a table.
                1 => (ulong)random.NextInt64() & 0x000F_FFFF_FFFF_F000,
                _ => 4096UL * (ulong)random.Next(64),
            };
            BitConverter.TryWriteBytes(bytes.AsSpan(entry), target | (uint)random.Next(0x400) | 1);
        }

        File.WriteAllBytes(blob, bytes);
    }
}
