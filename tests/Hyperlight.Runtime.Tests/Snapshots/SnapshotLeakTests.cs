using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>
/// Tests that disposed snapshots leave nothing open. No other tests run at the same time, because the tests count files of the process.
/// </summary>
[Collection(nameof(Alone))]
public class SnapshotLeakTests
{
    public static TheoryData<string> Guests => SnapshotTests.Guests;

    [KvmTheory]
    [MemberData(nameof(Guests))]
    public void Two_hundred_rounds_leave_nothing_behind(string name)
    {
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();
        Round(guest, sandbox, 0);
        (int descriptors, int mappings) = Counts();

        for (int i = 1; i <= 200; i++)
        {
            Round(guest, sandbox, i);
        }

        (int descriptorsAfter, int mappingsAfter) = Counts();
        Assert.InRange(descriptorsAfter, 0, descriptors + 20);

        // The .NET runtime may open files and map memory of its own. One leak for each round would be 200.
        Assert.InRange(mappingsAfter, 0, mappings + 60);
    }

    [KvmTheory]
    [InlineData("misbehave", 5)]
    [InlineData("misbehave32", 6)]
    public void A_hundred_saves_and_loads_leave_nothing_behind(string name, int files)
    {
        using TestGuest guest = new(name);
        using Sandbox sandbox = guest.Start();
        DirectoryInfo directory = Directory.CreateTempSubdirectory("hyperlight-saved-");
        try
        {
            SaveAndLoad(sandbox, directory.FullName, 0);
            (int descriptors, int mappings) = Counts();
            for (int i = 1; i <= 100; i++)
            {
                SaveAndLoad(sandbox, directory.FullName, i);
            }

            (int descriptorsAfter, int mappingsAfter) = Counts();
            Assert.InRange(descriptorsAfter, 0, descriptors + 20);
            Assert.InRange(mappingsAfter, 0, mappings + 60);
            Assert.Equal(files, directory.GetFiles("*", SearchOption.AllDirectories).Length);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static void SaveAndLoad(Sandbox sandbox, string directory, int value)
    {
        sandbox.Call("SetDataWord", value);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        snapshot.Save(directory, "tag");
        using Snapshot loaded = Snapshot.Load(directory, "tag");
        using Sandbox other = loaded.CreateSandbox();
        Assert.Equal(value, other.Call<int>("DataWord"));
        Assert.ThrowsAny<HyperlightException>(() => Snapshot.Load(directory, "another tag"));
    }

    private static void Round(TestGuest guest, Sandbox sandbox, int value)
    {
        sandbox.Call("SetDataWord", value);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        sandbox.Restore(snapshot);
        if (value % 10 == 0)
        {
            using Sandbox other = snapshot.CreateSandbox();
            Assert.Equal(value, other.Call<int>("DataWord"));
        }

        Assert.Equal(guest.Image.Name, snapshot.GuestName);
    }

    private static (int Descriptors, int Mappings) Counts()
    {
        ProcessCounts.Settle();
        return (ProcessCounts.Descriptors, ProcessCounts.Mappings);
    }
}
