using System.Diagnostics;
using System.Globalization;

namespace Hyperlight.Guest;

/// <summary>
/// Adds to the lines of a stack trace the addresses from which the host finds the source lines. The guest itself has no source lines.
/// </summary>
internal static class TraceAddresses
{
    private const string FrameStart = "   at ", OffsetStart = " + 0x";

    /// <summary>Adds <c>[0x…]</c> to each line of a frame whose address is known.</summary>
    /// <param name="trace">The stack trace of the exception.</param>
    /// <param name="exception">The exception.</param>
    public static string AddTo(string trace, Exception exception)
    {
        StackFrame[] frames = new StackTrace(exception, fNeedFileInfo: false).GetFrames();
        string[] lines = trace.Split('\n');
        int next = 0;
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].TrimEnd('\r');
            if (!line.StartsWith(FrameStart, StringComparison.Ordinal) || OffsetOf(line) is not { } offset)
            {
                continue;
            }

            // The trace leaves out frames that are hidden, so frames are told by their offsets.
            int found = Array.FindIndex(frames, next, frame => frame.GetNativeOffset() == offset);
            if (found >= 0)
            {
                lines[i] = string.Create(CultureInfo.InvariantCulture, $"{line} [0x{AddressOf(frames[found], found == 0, exception):x}]");
                next = found + 1;
            }
        }

        return string.Join('\n', lines);
    }

    private static int? OffsetOf(string line)
    {
        int start = line.LastIndexOf(OffsetStart, StringComparison.Ordinal);
        return start >= 0 && int.TryParse(
            line.AsSpan(start + OffsetStart.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int offset)
            ? offset
            : null;
    }

    // A frame has the address behind its call, which may be that of the next line. An exception of the processor has no call.
    private static nint AddressOf(StackFrame frame, bool isFirst, Exception exception) =>
        frame.GetNativeIP() - (isFirst && exception is NullReferenceException or DivideByZeroException ? 0 : 1);
}
