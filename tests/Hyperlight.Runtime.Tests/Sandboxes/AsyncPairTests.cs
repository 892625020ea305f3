using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hypervisors;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>Asynchronous starts and calls, and tokens that are cancelled before something long begins.</summary>
public sealed class AsyncPairTests : IDisposable
{
    private readonly TestGuest _guest = new("hello");
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hyperlight-async-");

    private static CancellationToken Canceled => new(canceled: true);

    public void Dispose()
    {
        _guest.Dispose();
        _directory.Delete(recursive: true);
    }

    [KvmFact]
    public async Task A_sandbox_of_an_image_starts_on_a_thread_of_its_own()
    {
        bool isOfPool = true;
        using Sandbox sandbox = await _guest.Image.CreateSandboxAsync(_ => isOfPool = Thread.CurrentThread.IsThreadPoolThread);

        Assert.False(isOfPool);
        Assert.Equal("Hello, World!", await sandbox.CallAsync<string>("SayHello", "World"));
    }

    [KvmFact]
    public async Task A_source_may_be_disposed_while_its_sandbox_starts()
    {
        using ManualResetEventSlim disposed = new();
        Task<Sandbox> ofImage, ofSnapshot;
        using (GuestImage image = GuestImage.Open(_guest.Image.Directory))
        {
            ofImage = image.CreateSandboxAsync(_ => disposed.Wait(TestContext.Current.CancellationToken));
        }

        using (Sandbox first = _guest.Start())
        using (Snapshot snapshot = first.TakeSnapshot())
        {
            ofSnapshot = snapshot.CreateSandboxAsync(_ => disposed.Wait(TestContext.Current.CancellationToken));
        }

        disposed.Set();
        foreach (Task<Sandbox> start in (Task<Sandbox>[])[ofImage, ofSnapshot])
        {
            using Sandbox sandbox = await start;
            Assert.Equal("Hello, World!", sandbox.Call<string>("SayHello", "World"));
        }
    }

    [KvmFact]
    public async Task A_disposed_source_is_refused_at_once()
    {
        Snapshot snapshot;
        using (Sandbox sandbox = _guest.Start())
        {
            snapshot = sandbox.TakeSnapshot();
        }

        snapshot.Dispose();
        _guest.Image.Dispose();

        Assert.Throws<ObjectDisposedException>(() => { _ = snapshot.CreateSandboxAsync(); });
        Assert.Throws<ObjectDisposedException>(() => { _ = _guest.Image.CreateSandboxAsync(); });
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _guest.Image.RunAsync());
    }

    [KvmFact]
    public async Task A_guest_that_halts_ends_its_run()
    {
        using TestGuest halts = BareGuest.Flat(0xF4);

        Assert.Equal(new GuestExit(0, ""), await halts.Image.RunAsync());
    }

    [KvmFact]
    public async Task A_call_without_a_result_completes_when_the_guest_has_returned_and_fails_as_its_guest()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start();

        await sandbox.CallAsync("SetDataWord", 7);
        Assert.Equal(7, sandbox.Call<int>("DataWord"));
        await Assert.ThrowsAsync<GuestErrorException>(() => sandbox.CallAsync("NoSuchFunction"));
        await Assert.ThrowsAsync<GuestAbortedException>(() => sandbox.CallAsync("Abort", default(CallOptions), 1, "x"));
    }

    [KvmFact]
    public void A_token_that_is_cancelled_before_keeps_everything_long_from_beginning()
    {
        using Sandbox sandbox = _guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        snapshot.Save(_directory.FullName, "kept");
        List<string> created = [];
        void Configure(SandboxOptions options) => created.Add("sandbox");

        Assert.ThrowsAny<OperationCanceledException>(() => GuestImage.Open(_guest.Image.Directory, cancellationToken: Canceled));
        Assert.ThrowsAny<OperationCanceledException>(() => Snapshot.Load(_directory.FullName, "kept", cancellationToken: Canceled));
        Assert.ThrowsAny<OperationCanceledException>(() => snapshot.Save(_directory.FullName, "other", Canceled));
        string missing = Path.Combine(_directory.FullName, "missing");
        Assert.ThrowsAny<OperationCanceledException>(() => snapshot.Save(missing, "other", Canceled));
        Assert.False(Directory.Exists(missing));
        Assert.ThrowsAny<OperationCanceledException>(() => snapshot.CreateSandbox(Configure, Canceled));
        Assert.ThrowsAny<OperationCanceledException>(() => _guest.Image.CheckSnapshot(Canceled));
        Assert.ThrowsAny<OperationCanceledException>(() => SharedRegion.FromBytes("zeros", new byte[1], Canceled));
        Assert.True(GuestImage.OpenAsync(_guest.Image.Directory, cancellationToken: Canceled).IsCanceled);
        Assert.True(Snapshot.LoadAsync(_directory.FullName, "kept", cancellationToken: Canceled).IsCanceled);
        Assert.True(snapshot.SaveAsync(_directory.FullName, "other", Canceled).IsCanceled);
        Assert.ThrowsAny<OperationCanceledException>(() => SharedRegion.FromStream("zeros", new MemoryStream(new byte[1]), 1, Canceled));
        Assert.True(_guest.Image.CreateSandboxAsync(Configure, Canceled).IsCanceled);
        Assert.True(snapshot.CreateSandboxAsync(Configure, Canceled).IsCanceled);
        Assert.True(_guest.Image.RunAsync(Configure, Canceled).IsCanceled);

        Assert.Single(created);
        Snapshot.Load(_directory.FullName, "kept").Dispose();
        Assert.Throws<HyperlightException>(() => Snapshot.Load(_directory.FullName, "other"));
    }

    [KvmFact]
    public async Task Images_and_snapshots_are_read_and_written_on_threads_of_their_own()
    {
        bool isOfPool = true;
        using GuestImage image = await GuestImage.OpenAsync(
            _guest.Image.Directory, _ => isOfPool = Thread.CurrentThread.IsThreadPoolThread);
        Assert.False(isOfPool);

        string digest;
        using (Sandbox sandbox = image.CreateSandbox())
        {
            Task<string> save;
            using (Snapshot snapshot = sandbox.TakeSnapshot())
            {
                save = snapshot.SaveAsync(_directory.FullName, "saved");
            }

            digest = await save;
        }

        isOfPool = true;
        using Snapshot loaded = await Snapshot.LoadAsync(
            _directory.FullName, digest, _ => isOfPool = Thread.CurrentThread.IsThreadPoolThread);
        Assert.False(isOfPool);
        using Sandbox copy = loaded.CreateSandbox();
        Assert.Equal("Hello, World!", copy.Call<string>("SayHello", "World"));
        await Assert.ThrowsAsync<HyperlightException>(() => GuestImage.OpenAsync(typeof(AsyncPairTests).Assembly, "no such guest"));
        await Assert.ThrowsAsync<HyperlightException>(() => Snapshot.LoadAsync(_directory.FullName, "other"));
    }

    [KvmFact]
    public void A_region_whose_stream_cancels_the_token_is_read_no_further()
    {
        using CancellationTokenSource source = new();
        CancelingStream stream = new(new byte[5 << 20], source);

        Assert.Throws<OperationCanceledException>(() => SharedRegion.FromStream("model", stream, stream.Length, source.Token));

        Assert.Equal(1 << 20, stream.Position);
    }

    [KvmFact]
    public void A_start_that_is_cancelled_while_it_loads_the_images_snapshot_ends_and_the_next_one_loads_it()
    {
        using (Sandbox sandbox = _guest.Start())
        using (Snapshot snapshot = sandbox.TakeSnapshot())
        {
            snapshot.Save(_guest.Image.Directory, "snapshot");
        }

        using GuestImage image = GuestImage.Open(_guest.Image.Directory);
        using CancellationTokenSource source = new();
        WatchedHypervisor hypervisor = new(Hypervisor.Chosen) { Identified = source.Cancel };

        Assert.Throws<OperationCanceledException>(() => image.CreateSandbox(options => options.Hypervisor = hypervisor, source.Token));

        Assert.Equal(0, hypervisor.Machines);
        Assert.Null(image.CheckSnapshot());
        using Sandbox started = image.CreateSandbox();
        Assert.Equal("Hello, World!", started.Call<string>("SayHello", "World"));
    }

    [KvmFact]
    public void A_sandbox_tells_its_name_its_layout_and_the_digest_of_its_image()
    {
        using Sandbox sandbox = _guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        using Sandbox second = snapshot.CreateSandbox();

        Assert.All([sandbox, second], each => Assert.Equal(
            ("hello", _guest.Image.Layout.Id, _guest.Image.Digest), (each.Name, each.Layout.Id, each.ImageDigest)));
    }

    private sealed class CancelingStream(byte[] bytes, CancellationTokenSource source) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer)
        {
            source.Cancel();
            return base.Read(buffer);
        }
    }
}
