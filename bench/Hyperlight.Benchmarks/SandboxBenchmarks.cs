using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;

namespace Hyperlight.Benchmarks;

/// <summary>The operations of <see cref="SpeedTable"/> in BenchmarkDotNet, which measures wall time and allocations.</summary>
[MemoryDiagnoser]
[Config(typeof(InThisProcess))]
public class SandboxBenchmarks
{
    private BenchGuest _guest = null!;
    private Sandbox _sandbox = null!;
    private Snapshot _snapshot = null!;

    [GlobalSetup]
    public void Start()
    {
        _guest = new(BenchGuest.Default, heapSize: 128 << 10);
        _sandbox = _guest.Start();
        _snapshot = _sandbox.TakeSnapshot();
    }

    [GlobalCleanup]
    public void Stop()
    {
        _snapshot.Dispose();
        _sandbox.Dispose();
        _guest.Dispose();
    }

    [Benchmark]
    public int ScalarCall() => _sandbox.Call<int>("EchoInt", 42);

    [Benchmark]
    public string StringCall() => _sandbox.Call<string>("EchoString", "Hello, World!");

    [Benchmark]
    public int HostCall() => _sandbox.Call<int>("Add", 20, 22);

    [Benchmark]
    public int RestoreAndCall()
    {
        _sandbox.Restore(_snapshot);
        return _sandbox.Call<int>("EchoInt", 42);
    }

    [Benchmark]
    public void CreateFromImage() => _guest.Start().Dispose();

    [Benchmark]
    public void CreateFromSnapshot() => _snapshot.CreateSandbox(BenchGuest.Configure).Dispose();

    [Benchmark]
    public void Open() => GuestImage.Open(_guest.Directory).Dispose();

    [Benchmark]
    public void OpenUnchecked() => GuestImage.Open(_guest.Directory, options => options.VerifyContent = false).Dispose();

    // Benchmarks run in this process, so that BenchmarkDotNet has no project to restore and build.
    private sealed class InThisProcess : ManualConfig
    {
        public InThisProcess() => AddJob(Job.ShortRun.WithToolchain(InProcessNoEmitToolchain.Instance));
    }
}
