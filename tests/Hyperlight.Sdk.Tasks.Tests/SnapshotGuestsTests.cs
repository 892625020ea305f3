using Hyperlight.Testing;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Hyperlight.Sdk.Tasks.Tests;

/// <summary>
/// Tests when the task takes a snapshot. A shell script replaces the process that takes the snapshot: other tests run the real process,
/// which needs a hypervisor.
/// </summary>
public sealed partial class SnapshotGuestsTests : IDisposable
{
    private readonly TaskBench _bench = new();
    private readonly FakeSnapshotter _snapshotter = new();

    // The task only opens the device for reading and writing, so a file replaces the device.
    private string Device => _bench.PathOf("kvm");

    private string ImageDirectory => Path.Combine(_bench.ImageRoot, "hello");

    private string Record => Path.Combine(_bench.ImageRoot, ".state", "hello.snapshot");

    public SnapshotGuestsTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "probe shell: the processes are shell scripts");
        File.WriteAllText(Device, "");
        _bench.Write("hello.elf", TestElf.Amd64().Build());
    }

    [Fact]
    public void What_fails_without_being_insisted_on_is_a_warning_of_every_build_and_not_tried_again()
    {
        _snapshotter.Write("exit 5");
        ITaskItem[] guests = Bake("auto");

        Assert.True(Run(guests));
        Assert.True(Run(guests));

        Assert.Equal(1, _snapshotter.Starts);
        Assert.Equal(2, _bench.Engine.Warnings.Count);
        Assert.All(_bench.Engine.Warnings, warning =>
        {
            Assert.Equal(("HL3011", _bench.ProjectFile, 3), (warning.Code, warning.File, warning.LineNumber));
            Assert.Contains("exit code 5", warning.Message!, StringComparison.Ordinal);
        });

        Assert.True(Run(Bake("auto", timeout: "61")));
        Assert.Equal(2, _snapshotter.Starts);
        Assert.False(Run(Bake("true")));
        Assert.Equal(3, _snapshotter.Starts);
    }

    [Fact]
    public void Where_there_is_no_hypervisor_auto_starts_nothing_and_says_so_quietly()
    {
        File.Delete(Device);
        ITaskItem[] guests = Bake("auto");
        _snapshotter.WriteTaking(ImageDirectory);

        Assert.True(Run(guests));
        Assert.Equal(0, _snapshotter.Starts);
        Assert.Empty(_bench.Engine.Warnings);
        Assert.Contains(
            _bench.Engine.Messages,
            message => message.Importance == MessageImportance.Low && message.Message!.Contains("HL5001", StringComparison.Ordinal));

        File.WriteAllText(Device, "");
        Assert.True(Run(guests));
        Assert.Equal(1, _snapshotter.Starts);
        Assert.NotNull(SnapshotDigest());

        // A snapshot stays when the hypervisor goes.
        File.Delete(Device);
        Assert.True(Run(guests));
        Assert.NotNull(SnapshotDigest());
    }

    [Theory]
    [InlineData("HL5001")]
    [InlineData("HL5002")]
    [InlineData("HL5003")]
    [InlineData("HL5008")]
    public void A_hypervisor_that_proves_unusable_is_no_warning_either(string code)
    {
        _snapshotter.Write($"echo '{code}: it is not usable' >&2; exit 1");
        ITaskItem[] guests = Bake("auto");

        Assert.True(Run(guests));

        Assert.Equal(1, _snapshotter.Starts);
        Assert.Empty(_bench.Engine.Warnings);
    }

    [Theory]
    [InlineData(0x10_0000, "i686-flat", false)]
    [InlineData(0, "i686-0.13", true)]
    [InlineData(0x1000, "i686-0.15", false)]
    [InlineData(0x1000, "i686-0.15", true)]
    public void An_i686_guest_has_a_snapshot_like_any_other(uint start, string layout, bool interrupts)
    {
        _bench.Write("hello.elf", TestElf.I686At(start).Build());
        ITaskItem[] guests = Bake("true", interrupts: interrupts);
        using (GuestImage image = GuestImage.Open(ImageDirectory))
        {
            Assert.Equal(layout, image.Layout.Id);
        }

        _snapshotter.WriteTaking(ImageDirectory);

        Assert.True(Run(guests));

        Assert.Equal(1, _snapshotter.Starts);
        Assert.Empty(_bench.Engine.Warnings);
    }

    [Fact]
    public void An_amd64_guest_with_interrupts_has_a_snapshot_too()
    {
        ITaskItem[] guests = Bake("auto", interrupts: true);
        _snapshotter.WriteTaking(ImageDirectory);

        Assert.True(Run(guests));

        Assert.Equal(1, _snapshotter.Starts);
        Assert.NotNull(SnapshotDigest());
    }

    [Fact]
    public void An_assembly_that_is_not_there_is_HL4013_before_anything_is_started()
    {
        Assert.False(Run(Bake("true", assembly: "missing.dll")));

        BuildErrorEventArgs error = Assert.Single(_bench.Engine.Errors);
        Assert.Equal("HL4013", error.Code);
        Assert.Contains(_bench.PathOf("missing.dll"), error.Message!, StringComparison.Ordinal);
        Assert.Equal(0, _snapshotter.Starts);
    }

    [Fact]
    public void The_process_gets_image_timeout_and_host_functions()
    {
        _bench.Write("f.json", []);
        _bench.Write("a.dll", []);
        ITaskItem[] guests = Bake("true", "60", "f.json", "a.dll");
        _snapshotter.WriteTaking(ImageDirectory);

        Assert.True(Run(guests));

        Assert.Equal(
            $"{ImageDirectory} --timeout 60 --host-functions {_bench.PathOf("f.json")} --host-functions-assembly {_bench.PathOf("a.dll")}",
            _snapshotter.Arguments);
    }

    [Fact]
    public void A_snapshot_is_taken_again_when_what_it_depends_on_changed_and_only_then()
    {
        _bench.Write("f.json", [1]);
        _bench.Write("a.dll", [1]);
        ITaskItem[] guests = Bake("true", "60", "f.json", "a.dll");
        string digest = _snapshotter.WriteTaking(ImageDirectory);

        int Starts(Action change)
        {
            int before = _snapshotter.Starts;
            change();
            Assert.True(Run(guests));
            Assert.Equal(digest, SnapshotDigest());
            return _snapshotter.Starts - before;
        }

        Assert.Equal(1, Starts(() => { }));
        Assert.Equal(0, Starts(() => { }));
        Assert.Equal(0, Starts(() => guests = Bake("true", "61", "f.json", "a.dll")));
        Assert.Equal(0, Starts(() => guests = Bake("auto", "60", "f.json", "a.dll")));
        Assert.Equal(1, Starts(() => _bench.Write("f.json", [1, 2])));
        Assert.Equal(1, Starts(() => _bench.Write("a.dll", [1, 2])));
        Assert.Equal(0, Starts(() => File.SetLastWriteTimeUtc(_bench.PathOf("f.json"), DateTime.UnixEpoch)));
        Assert.Equal(1, Starts(() =>
        {
            _bench.Write("f.json", [2, 2]);
            File.SetLastWriteTimeUtc(_bench.PathOf("f.json"), DateTime.UnixEpoch);
        }));
        Assert.Equal(1, Starts(() => _bench.Write("library-that-a-uses.dll", [1])));
        Assert.Equal(1, Starts(() => _bench.Write("library-that-a-uses.dll", [2])));
        Assert.Equal(1, Starts(() => _bench.Write("a.deps.json", [1])));
        Assert.Equal(0, Starts(() => _bench.Write("unrelated.txt", [1])));
        Assert.Equal(1, Starts(() => guests = Bake("true", "60", "f.json")));
        Assert.Equal(1, Starts(() => File.Delete(Path.Combine(ImageDirectory, "blobs", "sha256", digest))));
        Assert.Equal(1, Starts(() => File.WriteAllText(Path.Combine(ImageDirectory, "blobs", "sha256", digest), "damaged")));
        Assert.Equal(1, Starts(() =>
        {
            File.WriteAllText(Path.Combine(ImageDirectory, "index.json"), "");
            guests = Bake("true", "60", "f.json");
        }));
        Assert.Equal(1, Starts(() => File.AppendAllText(_snapshotter.Script, "# another snapshotter\n")));
        Assert.Equal(1, Starts(() => File.WriteAllBytes(_snapshotter.PathOf("Hyperlight.Image.dll"), [1])));
        Assert.Equal(1, Starts(() =>
        {
            _bench.Write("hello.elf", TestElf.Amd64().WithSegment(0x8000, Elf.ElfSegmentFlags.Read, [1]).Build());
            guests = Bake("true", "60", "f.json");
            digest = _snapshotter.WriteTaking(ImageDirectory, "other");
        }));
        Assert.Equal(0, Starts(() => { }));
    }

    [Fact]
    public void A_file_that_changes_while_a_snapshot_is_taken_asks_for_another_one()
    {
        _bench.Write("f.json", [1]);
        ITaskItem[] guests = Bake("true", functions: "f.json");
        _snapshotter.WriteTaking(ImageDirectory);
        string mark = _snapshotter.PathOf("changed");
        File.AppendAllText(_snapshotter.Script, $"test -e '{mark}' || echo >> '{_bench.PathOf("f.json")}'\ntouch '{mark}'\n");

        Assert.True(Run(guests));
        Assert.True(Run(guests));
        Assert.True(Run(guests));

        Assert.Equal(2, _snapshotter.Starts);
    }

    [Fact]
    public void A_touched_guest_that_is_the_same_keeps_its_snapshot()
    {
        ITaskItem[] guests = Bake("true");
        string digest = _snapshotter.WriteTaking(ImageDirectory);
        Assert.True(Run(guests));
        File.SetLastWriteTimeUtc(_bench.PathOf("hello.elf"), DateTime.UnixEpoch);

        Assert.True(Run(Bake("true")));

        Assert.Equal((1, digest), (_snapshotter.Starts, SnapshotDigest()));
    }

    [Fact]
    public void Switched_off_the_snapshot_goes_and_the_image_is_as_it_was_baked()
    {
        ITaskItem[] guests = Bake("true");
        string[] before = ImageContent();
        _snapshotter.WriteTaking(ImageDirectory);
        Assert.True(Run(guests));
        Assert.NotEqual(before, ImageContent());

        Assert.True(Run(Bake("false")));

        Assert.Equal(before, ImageContent());
        Assert.False(File.Exists(Record));
    }

    public void Dispose()
    {
        _bench.Dispose();
        _snapshotter.Dispose();
    }

    /// <summary>Resolves and bakes a guest.</summary>
    private ITaskItem[] Bake(
        string snapshot, string timeout = "60", string? functions = null, string? assembly = null, bool interrupts = false)
    {
        TaskItem guest = new("hello.elf", new Dictionary<string, string>
        {
            ["Snapshot"] = snapshot,
            ["SnapshotTimeout"] = timeout,
            ["HostFunctions"] = functions ?? "",
            ["HostFunctionsAssembly"] = assembly ?? "",
            ["HardwareInterrupts"] = interrupts.ToString(),
        });
        ResolveGuests resolve = new() { Guests = [guest], ImageRoot = _bench.ImageRoot };
        Assert.True(_bench.Run(resolve));
        using BakeGuests bake = new() { Guests = resolve.ResolvedGuests };
        Assert.True(_bench.Run(bake));
        return resolve.ResolvedGuests;
    }

    private SnapshotGuests Create(ITaskItem[] guests) => new()
    {
        Guests = guests,
        DotNetHost = FakeSnapshotter.DotNetHost,
        Snapshotter = _snapshotter.Script,
        HypervisorDevice = Device,
    };

    private bool Run(ITaskItem[] guests)
    {
        using SnapshotGuests task = Create(guests);
        return _bench.Run(task);
    }

    private string? SnapshotDigest()
    {
        using GuestImage image = GuestImage.Open(ImageDirectory);
        return image.SnapshotDigest?["sha256:".Length..];
    }

    /// <summary>Gets the files of the image and their content.</summary>
    private string[] ImageContent() =>
    [
        .. Directory.EnumerateFiles(ImageDirectory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => $"{file} {Convert.ToHexString(File.ReadAllBytes(file))}"),
    ];
}
