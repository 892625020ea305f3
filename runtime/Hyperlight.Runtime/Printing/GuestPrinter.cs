using System.Text;
using Hyperlight.Diagnostics;
using Hyperlight.Telemetry;

namespace Hyperlight.Printing;

/// <summary>
/// Passes on what a guest prints: as much for each call as the options allow, without control characters, and never waiting for a writer while the guest
/// runs. One sandbox uses it, one call at a time.
/// </summary>
/// <param name="guest">The guest's name.</param>
/// <param name="settings">The writers and limits.</param>
/// <param name="log">What learns of text that was dropped.</param>
internal sealed class GuestPrinter(string guest, SandboxSettings settings, GuestLog log)
{
    /// <summary>The longest a call that has ended waits for a writer, in milliseconds.</summary>
    private const int LongestWait = 1000;

    private PrintQueue? _print;
    private PrintQueue? _debugPrint;
    private long _printed;
    private long _dropped;

    /// <summary>Takes what the guest printed through <c>HostPrint</c>.</summary>
    public void Print(string text) => Add(ref _print, settings.Print, text);

    /// <summary>Takes what the guest printed to its debug console.</summary>
    public void DebugPrint(string text) => Add(ref _debugPrint, settings.DebugPrint, text);

    /// <summary>
    /// Ends a call: waits a moment for the writers, so that what a call printed is there when it returns, says how much was dropped, and starts to count anew.
    /// </summary>
    /// <param name="timeLeft">Milliseconds of the call that are left.</param>
    public void EndCall(long timeLeft)
    {
        if (_print is null && _debugPrint is null)
        {
            return;
        }

        int longest = (int)Math.Clamp(timeLeft, 0, LongestWait);
        _print?.Wait(longest);
        if (_debugPrint != _print)
        {
            _debugPrint?.Wait(longest);
        }

        string? failure = _print?.TakeFailure() ?? _debugPrint?.TakeFailure();
        long dropped = _dropped;
        (_print, _debugPrint, _printed, _dropped) = (null, null, 0, 0);
        if (dropped > 0 || failure is not null)
        {
            Measures.AddDroppedText(guest, dropped);
            log.AddDroppedText(dropped, failure);
        }
    }

    private void Add(ref PrintQueue? used, TextWriter? writer, string text)
    {
        if (writer is null || writer == TextWriter.Null || text.Length == 0)
        {
            return;
        }

        used ??= PrintQueue.Of(writer);
        int size = Encoding.UTF8.GetByteCount(text);
        if (size > settings.MaxPrintedSizePerCall - _printed)
        {
            // Nothing after a gap: what is passed on is the beginning of what was printed.
            _printed = settings.MaxPrintedSizePerCall;
            _dropped += size;
        }
        else
        {
            _printed += size;
            _dropped += used.TryAdd(OneLine.Lines(text)) ? 0 : size;
        }
    }
}
