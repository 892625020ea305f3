using System.Runtime.InteropServices;
using Hyperlight.Hypervisors;
using Hyperlight.Layouts;
using Hyperlight.Protocol;
using Microsoft.Extensions.Logging;

namespace Hyperlight.Calls;

// Where in its code a guest failed, by the source map of its image.
internal sealed partial class GuestRunner
{
    // The greatest number of frames that are read: a stack without end has more, and a guest can make them a circle.
    private const int MostFrames = 1024;

    // .NET's record of registers is at most this many words behind the frame of the code that made it.
    private const int FrameWords = 64;

    // The words at the top of a stack that are searched for a frame, and the greatest distance of the frame.
    private const int StackWords = 256;
    private const ulong MostStackBytes = 8 << 20;

    /// <summary>Gets the instruction at the last exit.</summary>
    private GuestPlace Here() => PlaceOf(Machine.GetAllRegisters());

    /// <summary>
    /// Gets the instruction that has ended before the last exit, found by its last byte. If another function has this byte, the instruction
    /// was a call, and the place is the start of the called function.
    /// </summary>
    private GuestPlace JustBefore()
    {
        ProcessorRegisters registers = Machine.GetAllRegisters();
        GuestPlace here = PlaceOf(registers);
        GuestLocation? before = Locate(unchecked(AddressOf(registers) - 1));
        return before is not null && before.Function == here.Location?.Function ? here with { Location = before } : here;
    }

    private static ulong AddressOf(ProcessorRegisters registers) =>
        unchecked(registers.Special.Cs.Base + registers.General.Rip);

    private GuestPlace PlaceOf(ProcessorRegisters registers) => new(
        registers.General.Rip,
        Locate(AddressOf(registers)) ?? LocateCaller(registers.General, registers.General.Rsp));

    // A processor's exception has its registers in the text. Other aborts of guests of the kit have the address in a register.
    private GuestLocation? PlaceOf(GuestAbort abort)
    {
        ulong? address = abort.Vector is null ? Machine.AbortAddress : abort.InstructionPointer;
        return address is { } known
            ? Locate(known) ?? LocateCaller(Machine.GetAllRegisters().General, abort.StackPointer)
            : null;
    }

    /// <summary>
    /// Finds the innermost caller that the source map knows. The map of a guest in C# knows the author's code alone, and .NET runs other
    /// code for it. The guest's memory is not trusted: it can name any place of the guest's code, as the guest can by other ways.
    /// </summary>
    /// <param name="registers">The registers.</param>
    /// <param name="top">
    /// The top of the stack of the code that failed, where the address to return to is if a call led to no code; <c>null</c> if the top is
    /// not known.
    /// </param>
    private GuestLocation? LocateCaller(in GeneralRegisters registers, ulong? top)
    {
        if (Machine.Symbols is not { HasMap: true } || Machine.Map.Layout.EntryMode != EntryMode.LongMode)
        {
            return null;
        }

        Span<ulong> words = stackalloc ulong[StackWords];
        if (top is { } place && ReadWords(place, words) > 0 && Locate(words[0] - 1) is { } caller)
        {
            return caller;
        }

        int budget = MostFrames;
        GuestLocation? location = FollowFrames(registers.Rbp, ref budget);

        // The C library uses RBP for other things, and saves it on the stack before.
        int count = location is null ? ReadWords(registers.Rsp, words) : 0;
        for (int index = 0; index < count && location is null; index++)
        {
            ulong distance = words[index] - (registers.Rsp + (ulong)(sizeof(ulong) * index));
            location = distance is > 0 and < MostStackBytes ? FollowFrames(words[index], ref budget) : null;
        }

        return location;
    }

    /// <summary>
    /// Follows the frames of functions, each of which starts with the place of the next, to code that the source map knows.
    /// <code>
    ///   RBP ──► │ frame of the caller │ address to return to │ …
    /// </code>
    /// A method that threw where no code catches has no frame in this list, but a record of its registers, which .NET made to search for
    /// that code:
    /// <code>
    ///           │ … │ instruction │ RSP │ RBP: frame of the caller │ …
    /// </code>
    /// </summary>
    private GuestLocation? FollowFrames(ulong frame, ref int budget)
    {
        Span<ulong> words = stackalloc ulong[FrameWords];
        GuestLocation? location = null;
        while (location is null && budget-- > 0 && ReadWords(frame, words) is >= 2 and var count)
        {
            frame = words[0];
            for (int index = 4; index < count && location is null; index++)
            {
                location = words[index] == frame ? Locate(words[index - 2] - 1) : null;
            }

            location ??= Locate(words[1] - 1);
        }

        return location;
    }

    private int ReadWords(ulong address, Span<ulong> words) =>
        Machine.ReadVirtual(new(address), MemoryMarshal.AsBytes(words)) / sizeof(ulong);

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
