using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>Snapshots that were saved and loaded again, as their user sees them.</summary>
public sealed class SavedSnapshotTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hyperlight-saved-");

    private string Saved => Path.Combine(_root.FullName, "guest");

    public void Dispose() => _root.Delete(recursive: true);

    [KvmFact]
    public void A_saved_snapshot_goes_on_where_it_was_taken()
    {
        string digest;
        using (TestGuest guest = new("misbehave"))
        {
            using Sandbox first = guest.Start();
            first.Call("SetDataWord", 1);
            first.Call("SetBssWord", 2);
            using Snapshot snapshot = first.Snapshot();
            digest = snapshot.Save(Saved, "ready");
        }

        foreach (string reference in (string[])["ready", digest])
        {
            using Snapshot loaded = Snapshot.Load(Saved, reference);
            using Sandbox second = loaded.CreateSandbox();
            Assert.Equal((1, 2), (second.Call<int>("DataWord"), second.Call<int>("BssWord")));
            second.Call("SetDataWord", 5);
            Assert.Equal(20, second.Call<int>("AllocateAndTouch", 20));
            second.Restore(loaded);
            Assert.Equal(1, second.Call<int>("DataWord"));
        }
    }
}
