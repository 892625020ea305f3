using System.Diagnostics;

namespace Hyperlight.Benchmarks;

/// <summary>The operations of docs/performance.md on guests with page tables.</summary>
internal sealed class SandboxOperations : IDisposable
{
    private const string Text = "Hello, World!";
    private const string Tag = "bench";
    private const int ByteCount = 64 << 10;
    private const int ManyHostFunctions = 500;

    private readonly Stack<IDisposable> _all = [];
    private readonly BenchGuest _small;
    private readonly BenchGuest _large;
    private readonly BenchGuest _huge;
    private readonly BenchGuest _wide;
    private readonly string _folder = Directory.CreateTempSubdirectory("hyperlight-bench-").FullName;

    /// <summary>Bakes the guests.</summary>
    /// <param name="guest">The path of the guest's ELF file.</param>
    public SandboxOperations(string guest)
    {
        _small = Keep(new BenchGuest(guest, heapSize: 128 << 10));
        _large = Keep(new BenchGuest(guest, heapSize: 64 << 20));
        _huge = Keep(new BenchGuest(guest, heapSize: 1 << 30));
        _wide = Keep(new BenchGuest(guest, heapSize: 1 << 20, bufferSize: 2 * ByteCount));
    }

    /// <summary>Creates the operations. Their sandboxes live until this object is disposed.</summary>
    public IEnumerable<Operation> All()
    {
        Sandbox called = Keep(_small.Start());
        Sandbox restored = Keep(_small.Start());
        Call(restored, _small);
        Snapshot snapshot = Keep(restored.TakeSnapshot());
        Operation fromImage = new("create sandbox from image", 40, _small.Start)
        {
            After = Dispose,
            Target = () => new(Upstream.CreateFromImage, 0.25),
        };
        Operation fromSnapshot = new("create sandbox from snapshot", 40, () => snapshot.CreateSandbox(BenchGuest.Configure))
        {
            After = Dispose,
            Target = () => new(Upstream.CreateFromSnapshot, 0.25),
        };
        return
        [
            new("warm Echo call", 200, () => Call(called, _small))
            {
                Existing = () => called,
                Target = () => new(Upstream.Call, 0.4),
            },
            new("call with one host function", 200, () => Add(called))
            {
                Existing = () => called,
                Target = () => new(Upstream.HostCall, 0.4),
            },
            .. Bytes(),
            new("restore after a call", 100, () => Restore(restored, snapshot))
            {
                Before = () => Call(restored, _small),
                Existing = () => restored,
                Target = () => new(Upstream.Restore, 0.4),
            },
            new("restore, then a call", 100, () => Call(Restore(restored, snapshot), _small)) { Existing = () => restored },
            WithoutReuse("create sandbox from snapshot, machine of its own", fromSnapshot.Run, new(Upstream.CreateFromSnapshot, 0.6)),
            InARow(snapshot),
            fromSnapshot,
            WithoutReuse("create sandbox from image, machine of its own", fromImage.Run, new(Upstream.CreateFromImage, 0.45)),
            fromImage,
            FirstCall(snapshot),
            .. Loads(),
            Snapshot("snapshot after a call, 128 KiB heap", _small, new(Upstream.Snapshot, 0.41)),
            Snapshot("snapshot after a call, 64 MiB heap", _large, new(Upstream.LargeSnapshot, 0.008)),
            FirstSnapshot(),
            new("image to ready sandbox, 64 MiB heap", 20, OpenAndStart)
            {
                After = Dispose,
                Target = () => new(Upstream.FileToReady, 0.025),
            },
            new("checked open, 64 MiB heap", 20, () => Open(isChecked: true)) { Target = () => new(Upstream.CheckedOpen, 0.013) },
            new("unchecked open, 64 MiB heap", 20, () => Open(isChecked: false)),
            .. ManyFunctions(fromImage, fromSnapshot),
            Disposal(),
        ];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_all.TryPop(out IDisposable? one))
        {
            one.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static Sandbox Call(Sandbox sandbox, BenchGuest guest)
    {
        sandbox.Call<string>(guest.Echo, Text);
        return sandbox;
    }

    private static Sandbox Add(Sandbox sandbox)
    {
        sandbox.Call<int>("Add", 20, 22);
        return sandbox;
    }

    private static Sandbox Restore(Sandbox sandbox, Snapshot snapshot)
    {
        sandbox.Restore(snapshot);
        return sandbox;
    }

    private IEnumerable<Operation> Bytes()
    {
        Sandbox sandbox = Keep(_wide.Start());
        byte[] sent = new byte[ByteCount];
        byte[] received = new byte[ByteCount];
        yield return new("byte[] echo of 64 KiB", 50, () => Check(sandbox.Call<byte[]>(_wide.EchoBytes, sent).Length))
        {
            Existing = () => sandbox,
            Target = () => new(Upstream.ByteEcho, 0.7),
        };

        yield return new("... into memory of the caller", 50, () => Check(sandbox.CallInto(_wide.EchoBytes, received, sent)))
        {
            Existing = () => sandbox,
            Target = () => new(Upstream.ByteEcho, 0.7),
        };

        Sandbox Check(int length) => length == ByteCount ? sandbox : throw new InvalidOperationException($"{length} bytes came back.");
    }

    // A new sandbox reuses the machine of a sandbox that was disposed. Other sandboxes take the machines that are kept first: two for each
    // processor. While their guests start, the machine of the next sandbox is made ahead.
    private Operation WithoutReuse(string name, Func<Sandbox?> create, Target target)
    {
        Sandbox[] takers = [];
        return new(name, 40, create)
        {
            Before = () => takers = [.. Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => _small.Start())],
            After = sandbox =>
            {
                Dispose(sandbox);
                Array.ForEach(takers, Dispose);
            },
            Target = () => target,
        };
    }

    // No time is left between the sandboxes, so that most machines are not ready when they are needed.
    private static Operation InARow(Snapshot snapshot)
    {
        const int Count = 50;
        List<Sandbox> sandboxes = [];
        return new($"... one of {Count} in a row", 3, () =>
        {
            for (int i = 0; i < Count; i++)
            {
                sandboxes.Add(snapshot.CreateSandbox(BenchGuest.Configure));
            }

            return null;
        })
        {
            After = _ =>
            {
                sandboxes.ForEach(Dispose);
                sandboxes.Clear();
            },
            Times = Count,
        };
    }

    private Operation FirstCall(Snapshot snapshot)
    {
        Sandbox? sandbox = null;
        return new("first call of a new sandbox", 40, () => Call(sandbox!, _small))
        {
            Before = () => sandbox = snapshot.CreateSandbox(BenchGuest.Configure),
            After = Dispose,
            Existing = () => sandbox,
            Target = () => new(Upstream.FirstCall, 0.5),
        };
    }

    private IEnumerable<Operation> Loads()
    {
        string small = Save(_small);
        string large = Save(_large);
        Sandbox other = Keep(_small.Start());
        Snapshot? loaded = null;
        yield return Load("load a snapshot alone, unchecked, 64 MiB heap", static () => { });
        yield return Load("... after a call of another sandbox", () => Call(other, _small));
        yield return new("open saved snapshot and create sandbox", 40, () => LoadAndCreate(isChecked: false))
        {
            After = Dispose,
            Target = () => new(Upstream.LoadAndCreate, 0.6),
        };
        yield return new("... content checked", 40, () => LoadAndCreate(isChecked: true)) { After = Dispose };

        Operation Load(string name, Action before) => new(name, 40, () =>
        {
            loaded = Hyperlight.Snapshot.Load(large, Tag, options => options.VerifyContent = false);
            return null;
        })
        {
            Before = before,
            After = _ => loaded!.Dispose(),
            Target = () => new(Upstream.Load, 0.5),
        };

        Sandbox LoadAndCreate(bool isChecked)
        {
            using Snapshot snapshot = Hyperlight.Snapshot.Load(small, Tag, options => options.VerifyContent = isChecked);
            return snapshot.CreateSandbox(BenchGuest.Configure);
        }
    }

    private string Save(BenchGuest guest)
    {
        string path = Path.Combine(_folder, Path.GetRandomFileName());
        using Snapshot snapshot = guest.TakeSnapshot();
        snapshot.Save(path, Tag);
        return path;
    }

    // A snapshot shares pages with the snapshot before it, so the old snapshot is disposed only when the new one exists.
    private Operation Snapshot(string name, BenchGuest guest, Target target)
    {
        Sandbox sandbox = Keep(guest.Start());
        Snapshot? before = null;
        Snapshot? now = null;
        return new(name, 30, Take)
        {
            Before = () => Call(sandbox, guest),
            After = _ =>
            {
                before?.Dispose();
                before = now;
            },
            Existing = () => sandbox,
            Target = () => target,
        };

        Sandbox Take()
        {
            now = sandbox.TakeSnapshot();
            return sandbox;
        }
    }

    private Operation FirstSnapshot()
    {
        const double GoalMicroseconds = 5000;
        Sandbox? sandbox = null;
        Snapshot? snapshot = null;
        return new("first snapshot of a sandbox, 1 GiB heap", 10, () =>
        {
            snapshot = sandbox!.TakeSnapshot();
            return sandbox;
        })
        {
            Before = () => sandbox = Call(_huge.Start(), _huge),
            After = _ =>
            {
                snapshot!.Dispose();
                sandbox!.Dispose();
            },
            Existing = () => sandbox,
            Target = () => new(GoalMicroseconds, 1),
        };
    }

    private Sandbox OpenAndStart()
    {
        using GuestImage image = GuestImage.Open(_large.Directory);
        return image.CreateSandbox(BenchGuest.Configure);
    }

    private Sandbox? Open(bool isChecked)
    {
        GuestImage.Open(_large.Directory, options => options.VerifyContent = isChecked).Dispose();
        return null;
    }

    private IEnumerable<Operation> ManyFunctions(Operation fromImage, Operation fromSnapshot)
    {
        HostFunctions functions = new HostFunctions().Add("HostAdd", static (int a, int b) => a + b);
        for (int i = 1; i < ManyHostFunctions; i++)
        {
            functions.Add($"Host{i}", static (int a, int b) => a + b);
        }

        Sandbox sandbox = Keep(_small.Image.CreateSandbox(GiveMany));
        Snapshot snapshot = Keep(sandbox.TakeSnapshot());
        yield return Beside("create from image, 500 host functions", () => _small.Image.CreateSandbox(GiveMany), fromImage.Run);
        yield return Beside("create from snapshot, 500 host functions", () => snapshot.CreateSandbox(GiveMany), fromSnapshot.Run);

        void GiveMany(SandboxOptions options)
        {
            BenchGuest.Configure(options);
            options.HostFunctions = functions;
        }
    }

    // A creation takes longer on one processor than on another, so it is compared with the other creation right before it.
    private static Operation Beside(string name, Func<Sandbox?> create, Func<Sandbox?> other)
    {
        List<double> ratios = [];
        Samples pair = new();
        Operation operation = new(name, 40, () => Timed(create))
        {
            Before = () =>
            {
                pair.Clear();
                Timed(other).Dispose();
            },
            After = sandbox =>
            {
                Dispose(sandbox);
                ratios.Add(pair.Hosts[1] / pair.Hosts[0]);
            },
        };
        return operation with { Target = () => new(operation.Samples.Host / ratios.Order().ElementAt(ratios.Count / 2), 1.2) };

        Sandbox Timed(Func<Sandbox?> run)
        {
            long begin = Stopwatch.GetTimestamp();
            Sandbox sandbox = run()!;
            pair.Add(Stopwatch.GetTimestamp() - begin, sandbox.TicksInGuest);
            return sandbox;
        }
    }

    private Operation Disposal()
    {
        Sandbox? sandbox = null;
        return new("dispose", 40, () =>
        {
            sandbox!.Dispose();
            return null;
        })
        {
            Before = () => sandbox = _small.Start(),
        };
    }

    private static void Dispose(Sandbox? sandbox) => sandbox!.Dispose();

    private T Keep<T>(T one)
        where T : IDisposable
    {
        _all.Push(one);
        return one;
    }
}
