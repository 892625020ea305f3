using System.Diagnostics;
using Hyperlight.Testing;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks.Tests;

// Tests processes that fail.
public sealed partial class SnapshotGuestsTests
{
    [Theory]
    [InlineData("kill -ABRT $$", "HL3011", "was ended by signal 6")]
    [InlineData("kill -KILL $$", "HL3011", "was ended by signal 9")]
    [InlineData(
        "echo 'Unhandled exception.' >&2; echo 'at Main()' >&2; exit 134",
        "HL3011",
        "was ended by signal 6; its last words were 'at Main()'")]
    [InlineData("exit 5", "HL3011", "failed with exit code 5:")]
    [InlineData("exit 0", "HL3011", "ended without having added it")]
    [InlineData("head -c 3000000 /dev/zero; head -c 3000000 /dev/urandom >&2; exit 1", "HL3011", "failed with exit code 1")]
    [InlineData("echo 'HL5001: there is none' >&2; exit 1", "HL5001", "Snapshot of guest 'hello': there is none Or set Snapshot to auto")]
    [InlineData("echo noise >&2; echo 'HL4013: not so' >&2; exit 1", "HL4013", "not so")]
    [InlineData("echo 'HL1234: nonsense' >&2; exit 1", "HL3011", "its last words were 'HL1234: nonsense'")]
    [InlineData(
        "cd \"$1\"; echo half > index.json.tmp; cd blobs/sha256; echo half > $(printf a%.0s $(seq 64)).tmp; echo whole > $(printf "
            + "b%.0s $(seq 64)); kill -KILL $$",
        "HL3011",
        "signal 9")]
    public void However_the_process_fails_it_is_one_error_at_the_guest_and_the_image_is_as_it_was_baked(
        string script, string code, string text)
    {
        _snapshotter.Write(script);
        ITaskItem[] guests = Bake("true");
        string[] before = ImageContent();

        Assert.False(Run(guests));

        BuildErrorEventArgs error = Assert.Single(_bench.Engine.Errors);
        Assert.Equal((code, _bench.ProjectFile, 3), (error.Code, error.File, error.LineNumber));
        Assert.Contains(text, error.Message!, StringComparison.Ordinal);
        Assert.Empty(_bench.Engine.Warnings);
        Assert.Equal(before, ImageContent());
        Assert.False(File.Exists(Record));
    }

    [Fact]
    public void A_process_that_spoils_the_image_itself_is_an_error_and_the_image_is_baked_anew()
    {
        _snapshotter.Write("echo '{' > \"$1/index.json\"; exit 1");
        ITaskItem[] guests = Bake("true");

        Assert.False(Run(guests));

        Assert.Equal("HL3002", Assert.Single(_bench.Engine.Errors).Code);
        Assert.False(File.Exists(Path.Combine(_bench.ImageRoot, ".state", "hello.baked")));
        Bake("true");
        GuestImage.Open(ImageDirectory).Dispose();
    }

    [Fact]
    public void A_dotnet_that_cannot_be_started_is_HL3011()
    {
        using SnapshotGuests task = Create(Bake("true"));
        task.DotNetHost = _bench.PathOf("no-dotnet");

        Assert.False(_bench.Run(task));

        BuildErrorEventArgs error = Assert.Single(_bench.Engine.Errors);
        Assert.Equal("HL3011", error.Code);
        Assert.Contains("no-dotnet", error.Message!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_that_never_ends_is_ended_with_all_that_it_started()
    {
        _snapshotter.Write($"sleep 1000 & echo $! > '{_snapshotter.PathOf("pid")}'; wait");
        ITaskItem[] guests = Bake("true", timeout: "1");

        Assert.False(Run(guests));

        Assert.Contains("was ended after 1 s", Assert.Single(_bench.Engine.Errors).Message!, StringComparison.Ordinal);
        Assert.True(HasEnded(File.ReadAllText(_snapshotter.PathOf("pid")).Trim()));
    }

    [Fact]
    public void A_process_that_leaves_its_output_to_another_is_not_waited_for()
    {
        _snapshotter.Write($"sleep 1000 & echo $! > '{_snapshotter.PathOf("pid")}'; exit 5");
        ITaskItem[] guests = Bake("true");

        Assert.False(Run(guests));

        Assert.Contains("exit code 5", Assert.Single(_bench.Engine.Errors).Message!, StringComparison.Ordinal);
        using Process left = Process.GetProcessById(int.Parse(File.ReadAllText(_snapshotter.PathOf("pid")), null));
        left.Kill();
    }

    [Fact]
    public async Task A_canceled_build_ends_the_process_and_says_nothing()
    {
        string started = _snapshotter.PathOf("started");
        NamedPipe.Create(started);
        _snapshotter.Write($"echo half > \"$1/index.json.tmp\"; echo $$ > '{started}'; exec sleep 1000");
        ITaskItem[] guests = Bake("true");
        string[] before = ImageContent();
        using SnapshotGuests task = Create(guests);
        Task<bool> running = Task.Run(() => _bench.Run(task), TestContext.Current.CancellationToken);
        string pid = await File.ReadAllTextAsync(started, TestContext.Current.CancellationToken);

        task.Cancel();

        Assert.False(await running);
        Assert.Empty(_bench.Engine.Errors);
        Assert.True(HasEnded(pid.Trim()));
        Assert.Equal(before, ImageContent());
    }

    /// <summary>Gets whether a process has ended. A process whose exit code nobody has read yet has ended, too.</summary>
    private static bool HasEnded(string pid) =>
        !File.Exists($"/proc/{pid}/stat") || File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1].StartsWith('Z');
}
