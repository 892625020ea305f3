using System.Text;
using Hyperlight.Concurrency;
using Hyperlight.Debugging;
using Hyperlight.Functions;
using Hyperlight.Layouts;
using Hyperlight.Machine;
using Hyperlight.Memory;
using Hyperlight.Printing;
using Hyperlight.Protocol;
using Hyperlight.Snapshots;
using Hyperlight.Telemetry;
using Hyperlight.Watch;

namespace Hyperlight.Calls;

/// <summary>
/// Runs the guest of a machine and serves the guest's requests until the guest halts (amd64 sheet, sections 5 and 7.3). A run ends with an
/// outcome and does not throw. One call at a time can run. A pool passes a runner on from sandbox to sandbox, each of which has a gate of
/// its own.
/// <code>
///   Sandbox ── gate ──► GuestRunner ──► GuestMachine ──► virtual machine
///                        │ ▲                                    │
///                        │ └────────────── exits ◄──────────────┘
///                        └► host functions, log, printed text, timer, core files
/// </code>
/// </summary>
internal sealed partial class GuestRunner : IDisposable
{
    private const string HostPrint = "HostPrint";

    private readonly SandboxSettings _settings;
    private readonly HostFunctionTable _hostFunctions;
    private readonly AbortMessage _abort = new();
    private readonly DebugConsole _debug;
    private readonly GuestLog _log;
    private readonly GuestPrinter _printer;
    private readonly GuestTimer? _timer;
    private readonly DebugServer? _debugger;

    // The last message of the guest, copied out of the guest's reach. The array grows to the longest message so far.
    private byte[] _received = [];
    private bool _isCounted;

    /// <summary>Creates the machine of a guest and the objects that serve the guest's requests.</summary>
    /// <param name="origin">The guest's name, entry point and image.</param>
    /// <param name="map">The guest's memory as the guest starts.</param>
    /// <param name="settings">The settings of the sandbox.</param>
    /// <param name="openMemory">Maps the memory, when the virtual machine has been created.</param>
    /// <exception cref="HypervisorException">There is no usable hypervisor, or the hypervisor refuses.</exception>
    /// <exception cref="HyperlightException">HL5011: a debugger cannot be given a way to the guest.</exception>
    public GuestRunner(GuestOrigin origin, MemoryMap map, SandboxSettings settings, Func<GuestMemory> openMemory)
    {
        Name = origin.Name;
        _settings = settings;
        _log = new(Name, settings);
        _printer = new(Name, settings, _log);
        _debug = new(_printer.DebugPrint);
        OfferedFunctions functions = new(
            settings.HostFunctions,
            (HostPrint, new([GuestValueKind.String], GuestValueKind.Int, (arguments, _) => Print(arguments[0].AsString()))),
            (BuiltInFunctions.Clock, BuiltInFunctions.TellTime(settings.TimeProvider, () => Machine!.TscFrequency)),
            (BuiltInFunctions.Random, BuiltInFunctions.GiveRandomBytes));
        _hostFunctions = new(Name, functions, _log);
        Machine = new(origin, map, functions, settings, openMemory);
        _timer = Machine.TimerLine is { } line ? new(settings.Ticker, line) : null;
        _debugger = OpenDebugger();
    }

    /// <summary>Gets the guest's name.</summary>
    public string Name { get; }

    /// <summary>Gets the settings of the sandbox.</summary>
    public SandboxSettings Settings => _settings;

    /// <summary>Gets the machine of the guest.</summary>
    public GuestMachine Machine { get; }

    /// <summary>Gets the microseconds between two ticks of the guest's timer; 0 while the timer is stopped.</summary>
    public long TimerPeriod => _timer?.Period ?? 0;

    /// <summary>Calls a function of the guest.</summary>
    /// <param name="gate">The gate, which the caller has entered.</param>
    /// <param name="function">The name of the function.</param>
    /// <param name="expected">The type of the result that the caller expects.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="target">Receives the bytes if the result is bytes. The value of the outcome is empty then.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="MessageTooLargeException">The arguments do not fit the guest's input buffer. The guest has not run.</exception>
    /// <exception cref="GuestProtocolException">
    /// The guest damaged its input buffer in an earlier call. The guest has not run, and the buffer has been emptied.
    /// </exception>
    public CallOutcome Call(
        CallGate gate,
        string function,
        GuestValueKind expected,
        scoped ReadOnlySpan<GuestValue> arguments,
        ref ResultTarget target,
        CancellationToken cancellationToken)
    {
        _hostFunctions.ForgetFailure();
        Push(function, expected, arguments);
        try
        {
            Machine.BeginCall();
        }
        catch (HypervisorException exception)
        {
            // The message stays in the buffer, and the processor may have some of its registers.
            return CallOutcome.Failed(CallEnd.BrokeOff, exception);
        }

        CallOutcome outcome = Run(gate, function, cancellationToken);
        if (outcome.End != CallEnd.Returned)
        {
            return outcome;
        }

        Machine.EndCall();
        return ReadResult(ref target);
    }

    /// <summary>Lets the guest run until it halts or fails.</summary>
    /// <param name="gate">The gate, which the caller has entered.</param>
    /// <param name="what">The name of the run in messages, as the subject of a sentence.</param>
    /// <param name="cancellationToken">Stops the guest.</param>
    /// <returns>The outcome: <see cref="CallEnd.Returned"/> with the void value if the guest halted.</returns>
    public CallOutcome Run(CallGate gate, string what, CancellationToken cancellationToken)
    {
        CallOutcome outcome;
        try
        {
            outcome = RunToEnd(gate, what, cancellationToken);
        }
#pragma warning disable CA1031 // Every failure becomes the outcome of the run.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            outcome = CallOutcome.Failed(CallEnd.BrokeOff, exception);
        }

        try
        {
            EndRun(gate, outcome);
            return outcome;
        }
#pragma warning disable CA1031 // A receiver of the log may throw any exception. A failure of the guest matters more.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return outcome.Failure is null ? CallOutcome.Failed(CallEnd.BrokeOff, exception) : outcome;
        }
    }

    /// <summary>Counts the guest as a started sandbox until <see cref="Dispose"/>.</summary>
    public void Count()
    {
        Measures.AddSandbox(Name);
        _isCounted = true;
    }

    /// <summary>
    /// Clears the last message of the guest and the last failure of a host function, before another sandbox gets the runner.
    /// </summary>
    public void Forget()
    {
        _hostFunctions.ForgetFailure();
        Array.Clear(_received);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The debugger uses the machine.
        _debugger?.Dispose();
        Machine.Dispose();
        if (_isCounted)
        {
            Measures.RemoveSandbox();
        }
    }

    private CallOutcome RunToEnd(CallGate gate, string what, CancellationToken cancellationToken)
    {
        CancellationTokenRegistration registration =
            cancellationToken.UnsafeRegister(static gate => ((CallGate)gate!).Stop(StopReason.Canceled), gate);
        try
        {
            CallOutcome outcome;
            _debugger?.BeginRun();
            do
            {
                outcome = Handle(_debugger is null ? Machine.Run() : _debugger.Run(), gate, what, cancellationToken);
            }
            while (outcome.End == CallEnd.None);
            _debugger?.EndRun(StopAfter(outcome));
            return outcome;
        }
        finally
        {
            // If the token is being cancelled at this moment, this waits until the gate's Stop has returned.
            if (cancellationToken.CanBeCanceled)
            {
                Steady.Wait(static registration => registration.Dispose(), registration);
            }
        }
    }

    private void EndRun(CallGate gate, in CallOutcome outcome)
    {
        _timer?.Stop();
        _abort.Clear();
        _debug.Flush();
        try
        {
            if (outcome.End is CallEnd.Aborted or CallEnd.Faulted)
            {
                WriteCrashDump(gate, (GuestFailedException)outcome.Failure!);
            }
        }
        finally
        {
            EndOutput(gate);
        }
    }

    private void EndOutput(CallGate gate)
    {
        try
        {
            if (_printer.HasPrinted)
            {
                _printer.EndCall(gate.TimeLeft);
            }
        }
        finally
        {
            _log.EndCall();
        }
    }

    private void Push(string function, GuestValueKind expected, ReadOnlySpan<GuestValue> arguments)
    {
        // A guest that damaged its buffer in an earlier call fails this call only.
        BufferStack input = Machine.Input;
        Span<byte> free = FreeOf(input);
        long length = FunctionCallMessage.Write(free, function, expected, arguments);
        if (length > free.Length)
        {
            throw new MessageTooLargeException($"The call of {function}", length, free.Length);
        }

        input.Push((int)length);
    }

    private Span<byte> FreeOf(BufferStack input)
    {
        try
        {
            return input.Free();
        }
        catch (GuestProtocolException)
        {
            Machine.ResetBuffers();
            throw;
        }
    }

    // The guest has finished, so that a malformed result does not poison the sandbox (amd64 sheet, section 6.5).
    private CallOutcome ReadResult(ref ResultTarget target)
    {
        try
        {
            GuestValue value;
            GuestErrorException? error;
            BufferStack output = Machine.Output;
            Range place = output.Top(out ReadOnlySpan<byte> message);
            try
            {
                value = FunctionResultMessage.Read(message, ref target, out error);
            }
            finally
            {
                output.Remove(place);
            }

            return error is null ? CallOutcome.Returned(value) : CallOutcome.Failed(CallEnd.GuestError, Explain(error));
        }
        catch (GuestProtocolException exception)
        {
            Machine.ResetBuffers();
            return CallOutcome.Failed(CallEnd.Unreadable, exception);
        }
    }

    private GuestErrorException Explain(GuestErrorException error)
    {
        Exception? cause = _hostFunctions.FailureNamedIn(error.GuestMessage);
        return cause is null && error.GuestStackTrace is null ? error : error.With(cause, Locate);
    }

    private int Print(string text)
    {
        _printer.Print(text);
        return Encoding.UTF8.GetByteCount(text);
    }
}
