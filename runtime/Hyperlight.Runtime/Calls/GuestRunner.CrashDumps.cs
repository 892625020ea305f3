using Hyperlight.CoreDumps;
using Hyperlight.Hypervisors;
using Microsoft.Extensions.Logging;

namespace Hyperlight.Calls;

// Core files of guests that crashed (amd64 sheet, section 9.2).
internal sealed partial class GuestRunner
{
    // The longest time to write a core file, in milliseconds. A call with less time left ends at its deadline.
    private const long LongestCrashDump = 10_000;

    // A failure here must not hide the failure of the guest.
    private void WriteCrashDump(CallGate gate, GuestFailedException crash)
    {
        if (_settings.CrashDumpDirectory is not { } directory)
        {
            return;
        }

        try
        {
            long deadline = Environment.TickCount64 + Math.Min(gate.TimeLeft, LongestCrashDump);
            ProcessorRegisters registers = Machine.GetAllRegisters();
            int maxPages = (int)Math.Min(_settings.MaxCrashDumpSize / (long)GuestLayout.PageSize, Array.MaxLength);
            CoreMemory memory = Machine.ReadCrashedMemory(registers.Special, maxPages, deadline);
            byte[] notes = CoreNotes.Write(Name, Machine.EntryPoint, registers);
            bool isWhole = !memory.IsCut;
            string path = CoreDirectory.Write(
                directory, Name, _settings.MaxCrashDumpCount, file => isWhole &= CoreFile.Write(file, notes, memory, deadline));
            crash.CrashDumpPath = path;
            if (_settings.Logger is { } logger)
            {
                LogCrashDump(logger, Name, path, !isWhole);
            }
        }
        catch (Exception failure) when (
            failure is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException or HyperlightException)
        {
            if (_settings.Logger is { } logger)
            {
                LogCrashDumpFailure(logger, failure, Name, directory);
            }
        }
    }

    [LoggerMessage(
        EventId = 3,
        EventName = "CrashDump",
        Level = LogLevel.Error,
        Message = "{guest_name} crashed; its memory is in {crash_dump} (cut at the limit of size or time, or because its page tables are "
            + "not valid: {crash_dump_is_cut})")]
    private static partial void LogCrashDump(ILogger logger, string guest_name, string crash_dump, bool crash_dump_is_cut);

    [LoggerMessage(
        EventId = 4,
        EventName = "CrashDumpFailed",
        Level = LogLevel.Warning,
        Message = "{guest_name} crashed, and no core file could be written to {crash_dump_directory}")]
    private static partial void LogCrashDumpFailure(ILogger logger, Exception failure, string guest_name, string crash_dump_directory);
}
