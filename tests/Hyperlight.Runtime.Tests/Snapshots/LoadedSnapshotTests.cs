using System.Diagnostics;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>What a loaded snapshot is good for, whichever format it was saved in.</summary>
public sealed class LoadedSnapshotTests : IDisposable
{
    private const string Tag = "ready";
    private const string ChildVariable = "HYPERLIGHT_TEST_SAVED_SNAPSHOT";

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hyperlight-loaded-");

    private string Saved => Path.Combine(_root.FullName, "guest");

    public void Dispose() => _root.Delete(recursive: true);

    [KvmTheory]
    [InlineData("misbehave")]
    [InlineData("misbehave32")]
    [InlineData("misbehave-flat")]
    public void Another_process_goes_on_where_this_one_was(string name)
    {
        if (Environment.GetEnvironmentVariable(ChildVariable) is { } directory)
        {
            using Snapshot loaded = Snapshot.Load(directory, Tag);
            using Sandbox child = loaded.CreateSandbox();
            Assert.Equal(1271, child.Call<int>("DataWord"));
            child.Call("SetDataWord", 1);
            using Snapshot further = child.Snapshot();
            further.Save(directory, "further");
            return;
        }

        using (TestGuest guest = new(name))
        {
            using Sandbox sandbox = guest.Start();
            sandbox.Call("SetDataWord", 1271);
            using Snapshot snapshot = sandbox.Snapshot();
            snapshot.Save(Saved, Tag);
        }

        // The other process runs this test's first half, once for each guest: what it does twice it does anew.
        string method = $"{typeof(LoadedSnapshotTests).FullName}.{nameof(Another_process_goes_on_where_this_one_was)}";
        ProcessStartInfo start = new("dotnet", [typeof(LoadedSnapshotTests).Assembly.Location, "-method", method])
        {
            RedirectStandardOutput = true,
            Environment = { [ChildVariable] = Saved },
        };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);

        using Snapshot returned = Snapshot.Load(Saved, "further");
        using Sandbox grown = returned.CreateSandbox();
        Assert.Equal((1, 2UL), (grown.Call<int>("DataWord"), returned.Generation));
    }

    [KvmTheory]
    [InlineData("misbehave")]
    [InlineData("misbehave32")]
    [InlineData("misbehave-flat")]
    public void A_loaded_snapshot_fits_a_sandbox_of_the_image_and_heals_it(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox first = guest.Start();
        first.Call("SetDataWord", 1);
        using Snapshot snapshot = first.Snapshot();
        snapshot.Save(Saved, Tag);
        using Snapshot loaded = Snapshot.Load(Saved, Tag);
        using Sandbox sandbox = guest.Start();
        Assert.Throws<GuestAbortedException>(() => sandbox.Call("Abort", 7, "gone"));

        for (int round = 0; round < 2; round++)
        {
            sandbox.Restore(loaded);
            Assert.Equal(1, sandbox.Call<int>("DataWord"));
            sandbox.Call("SetDataWord", 2);
        }

        sandbox.Restore(snapshot);
        Assert.Equal(1, sandbox.Call<int>("DataWord"));
        Assert.Equal((loaded.GuestName, loaded.ImageDigest), (guest.Image.Name, guest.Image.Digest));
    }
}
