using Hyperlight.Calls;
using Hyperlight.Files;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Machine;
using Hyperlight.Memory;
using Hyperlight.Snapshots;
using Hyperlight.Telemetry;

namespace Hyperlight;

/// <summary>
/// A guest in a virtual machine of its own, whose functions can be called. The guest keeps its memory from call to call. Any thread may use
/// the sandbox. One call at a time can run: a second call is refused, not queued. A program that calls from several threads has a sandbox
/// for each thread, or a <see cref="SandboxPool"/>.
/// </summary>
/// <example>
/// <code>
/// using Sandbox sandbox = Guests.Hello.CreateSandbox();
/// using Snapshot ready = sandbox.TakeSnapshot();
/// try
/// {
///     Console.WriteLine(sandbox.Call&lt;int&gt;("Add", 20, 22));
///     await sandbox.CallAsync("Work", new CallOptions { Timeout = TimeSpan.FromMilliseconds(100) });
/// }
/// catch (GuestErrorException error)
/// {
///     Console.WriteLine(error.GuestMessage); // the sandbox stays ready
/// }
/// catch (Exception) when (sandbox.State == SandboxState.Poisoned)
/// {
///     sandbox.Restore(ready);
/// }
/// </code>
/// </example>
public sealed partial class Sandbox : IDisposable
{
    // A sandbox is a gate to a runner and the runner's machine. When a pool passes the runner on, the next sandbox gets a gate of its own,
    // and this gate stays closed: a tenant that keeps the sandbox of an ended lease has a disposed sandbox.
    private readonly GuestRunner _runner;
    private readonly GuestMachine _machine;
    private readonly CallGate _gate;

    private Sandbox(GuestRunner runner, SandboxCondition condition)
    {
        _runner = runner;
        _machine = runner.Machine;
        _gate = new(_machine, runner.Settings.Watchdog, condition);
    }

    /// <summary>Gets the state of the sandbox at this moment, which tells what the sandbox can be used for.</summary>
    public SandboxState State => _gate.Condition.State;

    /// <summary>Gets the machine of the guest.</summary>
    internal GuestMachine Machine => _machine;

    /// <summary>
    /// Gets how long the processor has run the guest, in ticks of <see cref="System.Diagnostics.Stopwatch"/>; 0 unless this is measured.
    /// </summary>
    internal long TicksInGuest => _machine.TicksInGuest;

    /// <summary>Gets the microseconds between two ticks of the guest's timer; 0 while the timer is stopped.</summary>
    internal long TimerPeriod => _runner.TimerPeriod;

    /// <summary>
    /// Ends the guest and frees its memory. A call that is running on another thread is stopped and fails with
    /// <see cref="ObjectDisposedException"/>. This method does not wait for that call, whose end frees the memory.
    /// </summary>
    public void Dispose()
    {
        if (_gate.Close(out _))
        {
            Free();
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{_runner.Name} ({State})";

    /// <summary>Starts the guest of an image and runs its initialisation.</summary>
    /// <param name="image">The image, which the caller is a user of.</param>
    /// <param name="options">The options.</param>
    /// <param name="cancellationToken">Stops the initialisation.</param>
    internal static Sandbox Start(ImageContent image, SandboxOptions options, CancellationToken cancellationToken) =>
        Start(OriginOf(image), image.Map, image.File, options, cancellationToken);

    /// <summary>Starts a guest and runs its initialisation.</summary>
    /// <param name="origin">The guest's name, entry point and image. The entry point must be known.</param>
    /// <param name="map">The guest's memory as the guest starts.</param>
    /// <param name="blob">The memory blob, which the caller is a user of.</param>
    /// <param name="options">The options.</param>
    /// <param name="cancellationToken">Stops the initialisation.</param>
    internal static Sandbox Start(
        GuestOrigin origin, MemoryMap map, SharedFile blob, SandboxOptions options, CancellationToken cancellationToken)
    {
        Sandbox sandbox = Open(origin, map, blob, options);
        try
        {
            sandbox.Initialize(cancellationToken).ValueOrThrow();
            sandbox._machine.ExpectCalls();
            sandbox._runner.Count();
            return sandbox;
        }
        catch
        {
            sandbox.Dispose();
            throw;
        }
    }

    /// <summary>Creates a sandbox whose guest goes on where a snapshot was taken.</summary>
    /// <param name="snapshot">The snapshot, which the caller is a user of.</param>
    /// <param name="options">The options.</param>
    internal static Sandbox Resume(SnapshotContent snapshot, SandboxOptions options)
    {
        MemoryMap map = snapshot.Map;
        SandboxSettings settings = SandboxSettings.Of(options);
        IHostMemory host = settings.Hypervisor.Memory;
        GuestRunner runner = new(snapshot.Origin, map, settings, () =>
        {
            using MemoryTemplate scratch = snapshot.Memory.ShareScratch(map, snapshot.Generation, host);
            return new(map, snapshot.Memory.ShareLayers([], host), scratch, host);
        });
        try
        {
            runner.Machine.Load(snapshot);
            runner.Count();
            return new Sandbox(runner, SandboxCondition.Ready).LetDebug();
        }
        catch
        {
            runner.Dispose();
            throw;
        }
    }

    /// <summary>Runs only the initialisation of a guest, for guests that do all their work in it.</summary>
    /// <param name="image">The image, which the caller is a user of.</param>
    /// <param name="options">The options.</param>
    /// <param name="cancellationToken">Stops the guest.</param>
    internal static GuestExit RunOnce(ImageContent image, SandboxOptions options, CancellationToken cancellationToken)
    {
        using Sandbox sandbox = Open(OriginOf(image), image.Map, image.File, options);
        CallOutcome outcome = sandbox.Initialize(cancellationToken);
        if (outcome.Failure is GuestAbortedException abort and not GuestCpuException)
        {
            return new(abort.Code, abort.GuestMessage);
        }

        outcome.ValueOrThrow();
        return new(0, "");
    }

    /// <summary>Disposes this sandbox, and gives its guest to a new sandbox that only the caller has.</summary>
    /// <returns>
    /// The new sandbox, in the state that this sandbox had. <c>null</c> if this sandbox is disposed already, or if a call is running: the
    /// call is stopped, and its end frees the guest.
    /// </returns>
    internal Sandbox? PassOn()
    {
        // From here on no call is inside the old gate, and no call can enter it.
        if (!_gate.Close(out SandboxCondition before))
        {
            return null;
        }

        _gate.Dispose();
        _runner.Forget();
        return new Sandbox(_runner, before).LetDebug();
    }

    private static GuestOrigin OriginOf(ImageContent image) => new(image.Config.GuestName, image.EntryPoint, image.Digest, image.Symbols);

    private static Sandbox Open(GuestOrigin origin, MemoryMap map, SharedFile blob, SandboxOptions options)
    {
        SandboxSettings settings = SandboxSettings.Of(options);
        return new(new(origin, map, settings, () => new(map, blob, settings.Hypervisor.Memory)), SandboxCondition.Ready);
    }

    /// <summary>Lets a debugger use the machine, whose registers are those of a guest from now on.</summary>
    private Sandbox LetDebug()
    {
        _runner.LetDebug(_gate);
        return this;
    }

    private CallOutcome Initialize(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _gate.Enter(_runner.Settings.StartTimeout);
        try
        {
            _machine.Start();
            LetDebug();
            return Conclude(_runner.Run(_gate, "The guest's initialisation", cancellationToken));
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>
    /// Gives the sandbox the state in which a call leaves it, and updates the metrics of calls. To be called inside the gate.
    /// </summary>
    private CallOutcome Conclude(in CallOutcome outcome)
    {
        if (outcome.LeavesGuestUnknown)
        {
            _gate.Become(SandboxCondition.After(outcome.Failure!, SandboxState.Poisoned));
        }

        switch (outcome.End)
        {
            case CallEnd.GuestError:
                Measures.AddGuestError(_runner.Name, ((GuestErrorException)outcome.Failure!).Code);
                break;
            case CallEnd.TimedOut:
                Measures.AddTimeout(_runner.Name);
                break;
            case CallEnd.Canceled:
                Measures.AddCancellation(_runner.Name);
                break;
        }

        return outcome;
    }

    private void ThrowIfUnusable()
    {
        ThrowIfUnrecoverable();
        SandboxCondition condition = _gate.Condition;
        if (condition.State == SandboxState.Poisoned)
        {
            throw new SandboxPoisonedException(_runner.Name, condition.Reason!);
        }

        _machine.UnmapReleased();
    }

    private void ThrowIfUnrecoverable()
    {
        SandboxCondition condition = _gate.Condition;
        if (condition.State == SandboxState.Unrecoverable)
        {
            throw new SandboxUnrecoverableException(_runner.Name, condition.Reason!);
        }
    }

    private void Leave()
    {
        if (_gate.Leave())
        {
            Free();
        }
    }

    private void Free()
    {
        _gate.Dispose();
        _runner.Dispose();
    }
}
