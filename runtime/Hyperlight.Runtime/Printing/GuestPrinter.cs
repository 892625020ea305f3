using System.Text;
using Hyperlight.Diagnostics;
using Hyperlight.Telemetry;

namespace Hyperlight.Printing;

/// <summary>
/// Passes on the text that a guest prints, without control characters and up to the limit of a call. While the guest runs, nothing waits
/// for a writer. One sandbox uses the object, one call at a time.
/// </summary>
/// <param name="guest">The name of the guest.</param>
/// <param name="settings">The writers and limits.</param>
/// <param name="log">The log that records dropped text.</param>
internal sealed class GuestPrinter(string guest, SandboxSettings settings, GuestLog log)
{
    /// <summary>The longest time in milliseconds that a call waits for a writer at its end.</summary>
    private const int LongestWait = 1000;

    private PrintQueue? _print;
    private PrintQueue? _debugPrint;
    private long _printed;
    private long _dropped;

    /// <summary>Gets whether the current call has printed text for a writer.</summary>
    public bool HasPrinted => _print is not null || _debugPrint is not null;

    /// <summary>Takes text that the guest printed through <c>HostPrint</c>.</summary>
    public void Print(string text) => Add(ref _print, settings.Print, text);

    /// <summary>Takes text that the guest printed to its debug console.</summary>
    public void DebugPrint(string text) => Add(ref _debugPrint, settings.DebugPrint, text);

    /// <summary>
    /// Ends a call: waits a moment for the writers, so that they have the text when the call returns, records how much text was dropped,
    /// and starts to count from 0 again.
    /// </summary>
    /// <param name="timeLeft">The milliseconds that are left until the timeout of the call.</param>
    public void EndCall(long timeLeft)
    {
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
            // No text is passed on after dropped text, so that the writer gets the beginning of the output without a gap.
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
