using Hyperlight.Hypervisors;
using Microsoft.Extensions.Logging;

namespace Hyperlight.Calls;

// Where in its code a guest failed, by the source map of its image.
internal sealed partial class GuestRunner
{
    /// <summary>Gets the instruction at the last exit.</summary>
    private GuestPlace Here() => PlaceOf(Machine.GetAllRegisters());

    /// <summary>
    /// Gets the instruction that has ended before the last exit, found by its last byte. In front of the start of a function is another
    /// function: then the instruction was a call, and its place is the start.
    /// </summary>
    private GuestPlace JustBefore()
    {
        ProcessorRegisters registers = Machine.GetAllRegisters();
        GuestPlace here = PlaceOf(registers);
        GuestLocation? before = Locate(unchecked(AddressOf(registers) - 1));
        return before is not null && before.Function == here.Location?.Function ? here with { Location = before } : here;
    }

    private GuestPlace PlaceOf(ProcessorRegisters registers) => new(registers.General.Rip, Locate(AddressOf(registers)));

    private static ulong AddressOf(ProcessorRegisters registers) =>
        unchecked(registers.Special.Cs.Base + registers.General.Rip);

    /// <summary>Finds an address of the guest's code in the source map. The address may be anything.</summary>
    private GuestLocation? Locate(ulong address)
    {
        if (Machine.Symbols is not { } symbols)
        {
            return null;
        }

        GuestLocation? location = symbols.Find(new(address));
        if (_settings.Logger is { } logger && symbols.TakeFinding() is { } finding)
        {
            LogUnusableMap(logger, Name, finding.ToString());
        }

        return location;
    }

    [LoggerMessage(
        EventId = 7,
        EventName = "SourceMapUnusable",
        Level = LogLevel.Warning,
        Message = "{guest_name} failed, and its place in the source is not known: {source_map_finding}")]
    private static partial void LogUnusableMap(ILogger logger, string guest_name, string source_map_finding);
}
