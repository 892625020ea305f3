using System.Collections.Immutable;
using System.Globalization;

namespace Hyperlight.Protocol;

/// <summary>A complete abort (amd64 sheet, section 5.8).</summary>
/// <param name="Code">The first byte; 0 if there is none.</param>
/// <param name="Vector">The number of the processor's exception; <c>null</c> if the guest aborted by itself.</param>
/// <param name="Name">The name of the processor's exception; <c>null</c> if the guest aborted by itself.</param>
/// <param name="Text">The text of the guest.</param>
internal sealed record GuestAbort(int Code, int? Vector, string? Name, string Text)
{
    private const int MaxDigits = 16;

    private const string StackLabel = "RSP 0x";

    // The words in front of the address, in the texts of guests of the kit and of upstream (section 5.8).
    private static readonly ImmutableArray<string> AddressLabels = ["RIP 0x", "EIP 0x", "Faulting Instruction: 0x"];

    /// <summary>
    /// Gets the address of the instruction that caused the processor's exception, as the guest's text says; <c>null</c> if the text does
    /// not say.
    /// </summary>
    public ulong? InstructionPointer => NumberBehind(AddressLabels);

    /// <summary>
    /// Gets the stack pointer at the processor's exception, as the guest's text says; <c>null</c> if the text does not say.
    /// </summary>
    public ulong? StackPointer => NumberBehind([StackLabel]);

    /// <summary>Creates the exception.</summary>
    /// <param name="location">The place in the guest's source; <c>null</c> if the place is not known.</param>
    /// <param name="hostFailure">The failure of a host function that the text names; <c>null</c> if the text names none.</param>
    public GuestAbortedException ToException(GuestLocation? location = null, Exception? hostFailure = null) =>
        Vector is { } vector
            ? new GuestCpuException(Code, vector, Name!, Text, location)
            : new GuestAbortedException(Code, Text, location, hostFailure);

    private ulong? NumberBehind(ImmutableArray<string> labels)
    {
        foreach (string label in Vector is null ? [] : labels)
        {
            int start = Text.IndexOf(label, StringComparison.Ordinal);
            if (start >= 0)
            {
                return Hexadecimal(Text.AsSpan(start + label.Length));
            }
        }

        return null;
    }

    private static ulong? Hexadecimal(ReadOnlySpan<char> text)
    {
        int count = 0;
        while (count < text.Length && count < MaxDigits && char.IsAsciiHexDigit(text[count]))
        {
            count++;
        }

        return ulong.TryParse(text[..count], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong number)
            ? number
            : null;
    }
}
