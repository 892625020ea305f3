using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Hypervisors.Whp;

/// <summary>An event of Windows, and the timer that limits the wait. The other waits of Windows count milliseconds.</summary>
internal sealed partial class WindowsSignal : IWaitableSignal
{
    // synchapi.h and winnt.h. The ticks of a due time are units of 100 ns, negative for a time from now.
    private const uint HighResolution = 2;
    private const uint AllAccess = 0x1F0003;
    private const long TicksPerMicrosecond = 10;

    private readonly AutoResetEvent _event = new(false);
    private readonly Timer _timer;
    private readonly WaitHandle[] _both;

    /// <summary>Creates an event without a signal.</summary>
    /// <exception cref="HypervisorException">HL5004: Windows has no timer for this process.</exception>
    public WindowsSignal()
    {
        try
        {
            _timer = new();
        }
        catch
        {
            _event.Dispose();
            throw;
        }

        _both = [_event, _timer];
    }

    /// <inheritdoc/>
    public void Signal() => _event.Set();

    /// <inheritdoc/>
    public void Wait(long microseconds)
    {
        if (microseconds < 0)
        {
            _event.WaitOne();
        }
        else
        {
            // Longer waits end early: the next wait of the caller follows.
            _timer.Start(Math.Min(microseconds, long.MaxValue / TicksPerMicrosecond) * TicksPerMicrosecond);
            WaitHandle.WaitAny(_both);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _event.Dispose();
        _timer.Dispose();
    }

    /// <summary>A timer of Windows. The end of a wait for the timer resets the timer.</summary>
    private sealed partial class Timer : WaitHandle
    {
        public Timer()
        {
            // Windows 10 before 1803 refuses the flag.
            SafeWaitHandle = Create(0, 0, HighResolution, AllAccess);
            if (SafeWaitHandle.IsInvalid)
            {
                SafeWaitHandle = Create(0, 0, 0, AllAccess);
            }

            if (SafeWaitHandle.IsInvalid)
            {
                throw new HypervisorException(Rules.HypervisorFailed.Found(
                    $"CreateWaitableTimerEx failed: {Marshal.GetLastPInvokeErrorMessage()}. Close programs that have many handles."));
            }
        }

        public void Start(long ticks)
        {
            long due = -ticks;
            _ = Set(SafeWaitHandle, in due, 0, 0, 0, 0);
        }

        [LibraryImport("kernel32", EntryPoint = "CreateWaitableTimerExW", SetLastError = true)]
        private static partial SafeWaitHandle Create(nint security, nint name, uint flags, uint access);

        [LibraryImport("kernel32", EntryPoint = "SetWaitableTimer")]
        private static partial int Set(SafeWaitHandle timer, in long due, int period, nint routine, nint argument, int resumes);
    }
}
