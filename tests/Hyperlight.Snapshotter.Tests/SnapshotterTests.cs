using Hyperlight.Layouts;

namespace Hyperlight.Snapshotter.Tests;

/// <summary>Tests the process that takes snapshots, and applications that use its snapshot.</summary>
public sealed class SnapshotterTests
{
    [Fact]
    public void An_application_starts_from_the_snapshot_and_runs_no_initialisation()
    {
        Kvm.Require();
        using WarmImage warm = new();
        warm.MustTake();
        using GuestImage image = GuestImage.Open(warm.Folder);
        StringWriter printed = new();

        using Sandbox one = Start(image, printed);
        using Sandbox two = Start(image, printed);

        Assert.NotNull(image.SnapshotDigest);
        Assert.Null(image.CheckSnapshot());
        Assert.Equal("of the build", one.Call<string>("Settings"));
        Assert.Equal((1, 2, 1), (one.Call<int>("Count"), one.Call<int>("Count"), two.Call<int>("Count")));
        Assert.Empty(printed.ToString());
    }

    [Fact]
    public void The_snapshot_can_be_left_aside()
    {
        Kvm.Require();
        using WarmImage warm = new();
        warm.MustTake();
        using GuestImage image = GuestImage.Open(warm.Folder);
        StringWriter printed = new();

        using Sandbox sandbox = Start(image, printed, options => options.UseSnapshot = false);

        Assert.Equal("of the program", sandbox.Call<string>("Settings"));
        Assert.Equal("the guest has started\n", printed.ToString());
    }

    [Theory]
    [InlineData("warm", false)]
    [InlineData("ticks", true)]
    [InlineData("ticks-flat", true)]
    public void The_same_image_gives_the_same_snapshot(string guest, bool interrupts)
    {
        Kvm.Require();
        GuestSizes sizes = new() { HardwareInterrupts = interrupts };
        using WarmImage first = new(guest: guest, sizes: sizes), second = new(guest: guest, sizes: sizes);
        first.MustTake();
        second.MustTake();

        Assert.Equal(first.Files, second.Files);
        Assert.All(first.Files, file => Assert.Equal(
            File.ReadAllBytes(Path.Combine(first.Folder, file)), File.ReadAllBytes(Path.Combine(second.Folder, file))));
    }

    [Fact]
    public void Another_image_gives_its_guest_another_seed()
    {
        Kvm.Require();
        using WarmImage first = new(), second = new("other");
        Assert.NotEqual(Seed(first), Seed(second));

        static ulong Seed(WarmImage warm)
        {
            warm.MustTake();
            using GuestImage image = GuestImage.Open(warm.Folder);
            using Sandbox sandbox = Start(image, TextWriter.Null);
            return sandbox.Call<ulong>("RandomSeed");
        }
    }

    [Fact]
    public void A_program_that_lacks_a_host_function_is_told_which()
    {
        Kvm.Require();
        using WarmImage warm = new();
        warm.MustTake();
        using GuestImage image = GuestImage.Open(warm.Folder);

        SnapshotMismatchException lacking = Assert.Throws<SnapshotMismatchException>(
            () => image.CreateSandbox(cancellationToken: TestContext.Current.CancellationToken));

        Assert.StartsWith("host function Settings:", Assert.Single(lacking.Differences), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "HL3011: ", "Settings was not found")]
    [InlineData("abort", "HL3011: ", "the settings make no sense")]
    public void A_guest_that_does_not_start_is_one_line_and_leaves_the_image_alone(string initData, string code, string why)
    {
        Kvm.Require();
        using WarmImage warm = new(initData);
        string[] before = warm.Files;

        (int exitCode, string output, string error) = warm.Take("--timeout", "60");

        Assert.Equal((1, ""), (exitCode, output));
        string line = Assert.Single(error.TrimEnd().Split('\n'));
        Assert.StartsWith(code, line, StringComparison.Ordinal);
        Assert.Contains(why, line, StringComparison.Ordinal);
        Assert.Equal(before, warm.Files);
    }

    [Fact]
    public void A_guest_that_never_ends_its_start_is_ended()
    {
        Kvm.Require();
        using WarmImage warm = new("spin");

        Assert.Equal(1, warm.Take("--timeout", "1").ExitCode);

        using GuestImage image = GuestImage.Open(warm.Folder);
        Assert.Null(image.SnapshotDigest);
    }

    [Fact]
    public void Host_functions_come_from_an_assembly()
    {
        Kvm.Require();
        using WarmImage warm = new();

        (int exitCode, _, string error) = warm.Take(
            "--timeout", "60", "--host-functions", warm.Functions, "--host-functions-assembly", typeof(MarkedFunctions).Assembly.Location);

        Assert.Equal((0, ""), (exitCode, error));
        using GuestImage image = GuestImage.Open(warm.Folder);
        SnapshotMismatchException lacking = Assert.Throws<SnapshotMismatchException>(() => Start(image, TextWriter.Null));
        Assert.StartsWith("host function Marked:", Assert.Single(lacking.Differences), StringComparison.Ordinal);
    }

    [Fact]
    public void Host_functions_that_cannot_be_used_are_HL4013()
    {
        Kvm.Require();
        using WarmImage warm = new();
        File.WriteAllText(warm.Functions, "{}");

        (int exitCode, _, string error) = warm.Take("--timeout", "60", "--host-functions", warm.Functions);

        Assert.Equal(1, exitCode);
        Assert.StartsWith("HL4013: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_i686_guest_goes_on_from_its_snapshot_in_the_images_own_folder()
    {
        Kvm.Require();
        using WarmImage warm = new(guest: "misbehave32");
        string[] blobs = warm.Files;

        Assert.Equal((0, "", ""), warm.Take("--timeout", "60"));

        // The new files are a manifest, a config and the pages. The memory of the image is stored once.
        Assert.Equal(3, warm.Files.Except(blobs).Count());
        using GuestImage image = GuestImage.Open(warm.Folder);
        Assert.Null(image.CheckSnapshot());
        using Sandbox first = image.CreateSandbox(cancellationToken: TestContext.Current.CancellationToken);
        using Sandbox second = image.CreateSandbox(cancellationToken: TestContext.Current.CancellationToken);
        first.Call("SetDataWord", 7);
        Assert.Equal((7, 42), (first.Call<int>("DataWord"), second.Call<int>("DataWord")));
        Assert.Equal(first.Call<ulong>("RandomSeed"), second.Call<ulong>("RandomSeed"));
    }

    [Fact]
    public void A_paged_i686_guest_goes_on_from_its_snapshot_where_it_can_start_and_elsewhere_its_image_is_left_alone()
    {
        Kvm.Require();
        using WarmImage warm = new(guest: "misbehave-paged");
        string[] blobs = warm.Files;
        bool canStart = CanStart(warm);

        (int exitCode, _, string error) = warm.Take("--timeout", "60");

        if (!canStart)
        {
            Assert.Equal(1, exitCode);
            Assert.StartsWith("HL3011: The guest triple-faulted", error, StringComparison.Ordinal);
            Assert.Equal(blobs, warm.Files);
            return;
        }

        // The new files are a manifest, a config, and the memory with its tables.
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Equal(3, warm.Files.Except(blobs).Count());
        using GuestImage image = GuestImage.Open(warm.Folder);
        Assert.Null(image.CheckSnapshot());
        using Sandbox first = image.CreateSandbox(cancellationToken: TestContext.Current.CancellationToken);
        using Sandbox second = image.CreateSandbox(cancellationToken: TestContext.Current.CancellationToken);
        first.Call("SetDataWord", 7);
        Assert.Equal((7, 42), (first.Call<int>("DataWord"), second.Call<int>("DataWord")));
        Assert.Equal(first.Call<ulong>("RandomSeed"), second.Call<ulong>("RandomSeed"));

        static bool CanStart(WarmImage warm)
        {
            using GuestImage image = GuestImage.Open(warm.Folder);
            return Record.Exception(() => image.CreateSandbox(cancellationToken: TestContext.Current.CancellationToken).Dispose()) is null;
        }
    }

    [Theory]
    [InlineData("ticks")]
    [InlineData("ticks-flat")]
    public void A_guest_with_interrupts_goes_on_from_its_snapshot(string name)
    {
        Kvm.Require();
        using WarmImage warm = new(guest: name, sizes: new() { HardwareInterrupts = true });

        Assert.Equal((0, "", ""), warm.Take("--timeout", "60"));

        using GuestImage image = GuestImage.Open(warm.Folder);
        Assert.Null(image.CheckSnapshot());
        using Sandbox sandbox = image.CreateSandbox(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(0xFEu, sandbox.Call<uint>("Mask"));
        Assert.InRange(sandbox.Call<uint>("Count", 1u, 2000u), 1u, uint.MaxValue);
    }

    [Fact]
    public void An_image_that_is_not_there_is_HL3001()
    {
        Kvm.Require();
        using WarmImage warm = new();
        Directory.Delete(warm.Folder, recursive: true);

        Assert.StartsWith("HL3001: ", warm.Take("--timeout", "60").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_line_that_is_not_understood_is_answered_with_how_it_is_written()
    {
        using WarmImage warm = new();

        (int exitCode, _, string error) = warm.Take();

        Assert.Equal(2, exitCode);
        Assert.StartsWith("usage: ", error, StringComparison.Ordinal);
    }

    private static Sandbox Start(GuestImage image, TextWriter print, Action<SandboxOptions>? configure = null) => image.CreateSandbox(
        options =>
        {
            options.Print = print;
            options.HostFunctions.Add("Settings", () => "of the program");
            configure?.Invoke(options);
        },
        TestContext.Current.CancellationToken);
}
