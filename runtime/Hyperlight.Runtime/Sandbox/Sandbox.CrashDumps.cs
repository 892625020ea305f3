using Hyperlight.CoreDumps;
using Hyperlight.Hypervisors;
using Hyperlight.Paging;
using Hyperlight.Snapshots;
using Microsoft.Extensions.Logging;

namespace Hyperlight;

// Core files of guests that crashed (amd64 sheet, section 9.2).
public sealed partial class Sandbox
{
    // Milliseconds, where the call has longer.
    private const long LongestCrashDump = 10_000;

    // Whatever goes wrong here must not hide what went wrong in the guest.
    private void WriteCrashDump(Exception crash)
    {
        if (_settings.CrashDumpDirectory is not { } directory || crash is not GuestFailedException failed || crash is GuestProtocolException)
        {
            return;
        }

        try
        {
            long deadline = Environment.TickCount64 + Math.Min(_gate.TimeLeft, LongestCrashDump);
            ProcessorRegisters registers = _machine.GetAllRegisters();
            CoreMemory memory = ReadCrashedMemory(registers.Special, deadline);
            byte[] notes = CoreNotes.Write(_name, _origin.EntryPoint, registers);
            bool isWhole = !memory.IsCut;
            string path = CoreDirectory.Write(
                directory, _name, _settings.MaxCrashDumpCount, file => isWhole &= CoreFile.Write(file, notes, memory, deadline));
            failed.CrashDumpPath = path;
            if (_settings.Logger is { } logger)
            {
                LogCrashDump(logger, _name, path, !isWhole);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException or HyperlightException)
        {
            if (_settings.Logger is { } logger)
            {
                LogCrashDumpFailure(logger, failure, _name, directory);
            }
        }
    }

    private CoreMemory ReadCrashedMemory(in SpecialRegisters special, long deadline)
    {
        int maxPages = (int)Math.Min(_settings.MaxCrashDumpSize / (long)GuestLayout.PageSize, Array.MaxLength);
        PageTableFormat? format = ProcessorPaging.Of(special);
        if (format is null && _map.Layout.Paging == GuestPaging.None)
        {
            return CoreMemory.Unmapped(
                _memory.ToPhysical(),
                [
                    .. _memory.Layers.Select(layer => (layer.Gpa, layer.Shared.Memory.Size)),
                    (_map.Scratch.Gpa, _memory.Scratch.Size),
                    .. _memory.Regions.Select(region => (region.Gpa, region.Shared.Memory.Size)),
                ],
                maxPages,
                deadline);
        }

        // A triple fault resets some processors: the tables the guest started with are better than none.
        return format is null
            ? CoreMemory.Mapped(_memory.ToPhysical(), PageTableFormat.Of(_map.Layout.Paging), _map.PageTables.Gpa, maxPages, deadline)
            : CoreMemory.Mapped(_memory.ToPhysical(), format, new(special.Cr3 & format.AddressMask), maxPages, deadline);
    }

    [LoggerMessage(
        EventId = 3,
        EventName = "CrashDump",
        Level = LogLevel.Error,
        Message = "{guest_name} crashed; its memory is in {crash_dump} (cut at the limit of size or time, or because its page tables make no sense: {crash_dump_is_cut})")]
    private static partial void LogCrashDump(ILogger logger, string guest_name, string crash_dump, bool crash_dump_is_cut);

    [LoggerMessage(
        EventId = 4, EventName = "CrashDumpFailed", Level = LogLevel.Warning, Message = "{guest_name} crashed, and no core file could be written to {crash_dump_directory}")]
    private static partial void LogCrashDumpFailure(ILogger logger, Exception failure, string guest_name, string crash_dump_directory);
}
