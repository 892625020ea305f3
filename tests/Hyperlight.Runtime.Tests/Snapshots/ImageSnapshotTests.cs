using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>Tests where sandboxes start that are created from an image with a snapshot.</summary>
public sealed class ImageSnapshotTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [KvmFact]
    public void Sandboxes_start_from_the_snapshot_and_share_it()
    {
        using TestGuest guest = Warm();
        using GuestImage image = GuestImage.Open(guest.Image.Directory);

        using Sandbox one = image.CreateSandbox(cancellationToken: Token);
        using Sandbox two = image.CreateSandbox(cancellationToken: Token);

        Assert.Null(image.CheckSnapshot());
        Assert.Same(one.TakeContent(), two.TakeContent());
        one.Call("SetDataWord", 5);
        Assert.Equal(
            (5, 42, 7, 7), (one.Call<int>("DataWord"), two.Call<int>("DataWord"), one.Call<int>("BssWord"), two.Call<int>("BssWord")));
    }

    [KvmFact]
    public void There_is_one_view_of_the_file_which_goes_with_its_last_user()
    {
        using TestGuest guest = Warm();
        GuestImage image = GuestImage.Open(guest.Image.Directory, options => options.VerifyContent = false);
        int Views() => File.ReadLines("/proc/self/maps").Count(line => line.Contains(image.Directory, StringComparison.Ordinal));
        int before = Views();
        Sandbox one = image.CreateSandbox(cancellationToken: Token), two = image.CreateSandbox(cancellationToken: Token);
        Assert.Equal(before + 1, Views());

        one.Dispose();
        image.Dispose();
        Assert.Equal(before + 1, Views());

        two.Dispose();
        Assert.Equal(before, Views());
    }

    [KvmFact]
    public void An_image_without_one_starts_its_guest()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start();

        Assert.Null(guest.Image.SnapshotDigest);
        Assert.Null(guest.Image.CheckSnapshot());
        Assert.Equal(0, sandbox.Call<int>("BssWord"));
    }

    [KvmFact]
    public void A_snapshot_of_another_image_is_left_aside_with_HL3010()
    {
        using TestGuest guest = new("misbehave");
        using TestGuest other = new("misbehave", request => request with { Sizes = request.Sizes with { HeapSize = 1 << 20 } });
        using (Sandbox sandbox = other.Start())
        using (Snapshot snapshot = sandbox.TakeSnapshot())
        {
            snapshot.Save(guest.Image.Directory, "snapshot");
        }

        using GuestImage image = GuestImage.Open(guest.Image.Directory);
        using Sandbox started = image.CreateSandbox(cancellationToken: Token);

        Finding finding = Assert.IsType<Finding>(image.CheckSnapshot());
        Assert.Equal(Rules.SnapshotOfOtherImage, finding.Rule);
        Assert.Contains(other.Image.Digest, finding.Message, StringComparison.Ordinal);
        Assert.Contains(image.Digest, finding.Message, StringComparison.Ordinal);
        Assert.Equal(0, started.Call<int>("BssWord"));
    }

    [KvmFact]
    public void A_damaged_snapshot_is_refused_each_time_and_not_where_it_is_left_aside()
    {
        using TestGuest guest = Warm();
        Damage(guest.Image.Directory);
        using GuestImage image = GuestImage.Open(guest.Image.Directory);

        for (int i = 0; i < 2; i++)
        {
            HyperlightException refused = Assert.Throws<HyperlightException>(() => image.CreateSandbox(cancellationToken: Token));
            Assert.Equal(Rules.ImageDigest, refused.Finding!.Rule);
        }

        Assert.Throws<HyperlightException>(() => image.CheckSnapshot());
        using Sandbox started = image.CreateSandbox(options => options.UseSnapshot = false, Token);
        Assert.Equal(0, started.Call<int>("BssWord"));
        using GuestImage unverified = GuestImage.Open(guest.Image.Directory, options => options.VerifyContent = false);
        Assert.Null(unverified.CheckSnapshot());
    }

    [KvmFact]
    public void Sandboxes_outlive_the_image_and_it_makes_none_afterwards()
    {
        using TestGuest guest = Warm();
        GuestImage image = GuestImage.Open(guest.Image.Directory);
        using Sandbox sandbox = image.CreateSandbox(cancellationToken: Token);

        image.Dispose();

        Assert.Equal(7, sandbox.Call<int>("BssWord"));
        Assert.Throws<ObjectDisposedException>(() => image.CreateSandbox(cancellationToken: Token));
    }

    [KvmFact]
    public void A_start_that_is_given_up_before_it_begins_loads_nothing()
    {
        using TestGuest guest = Warm();
        Damage(guest.Image.Directory);
        using GuestImage image = GuestImage.Open(guest.Image.Directory);

        Assert.ThrowsAny<OperationCanceledException>(() => image.CreateSandbox(cancellationToken: new(canceled: true)));
    }

    [KvmFact]
    public void A_seed_that_is_given_is_the_guest_s()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start(options => options.Seed = 0x1234_5678_9ABC_DEF0);

        Assert.Equal(0x1234_5678_9ABC_DEF0UL, sandbox.Call<ulong>("RandomSeed"));
    }

    /// <summary>Creates an image with a snapshot that was taken after the guest's data word became 7.</summary>
    private static TestGuest Warm()
    {
        TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start();
        sandbox.Call("SetBssWord", 7);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        snapshot.Save(guest.Image.Directory, "snapshot");
        return guest;
    }

    /// <summary>Changes one byte of the snapshot's memory, which is the largest file.</summary>
    private static void Damage(string directory)
    {
        using GuestImage image = GuestImage.Open(directory);
        using FileStream memory = new(
            Directory.EnumerateFiles(Path.Combine(directory, "blobs", "sha256")).MaxBy(path => new FileInfo(path).Length)!, FileMode.Open,
            FileAccess.ReadWrite);
        memory.Position = 4096;
        int value = memory.ReadByte();
        memory.Position = 4096;
        memory.WriteByte((byte)(value ^ 1));
    }
}
