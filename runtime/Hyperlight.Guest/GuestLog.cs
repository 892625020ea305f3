using Hyperlight.Guest.Native;

namespace Hyperlight.Guest;

/// <summary>
/// Writes records to the log of the guest, which the host receives. The host chooses the levels that it wants; records of other levels cost
/// no exit from the guest.
/// </summary>
public static unsafe class GuestLog
{
    /// <summary>Gets whether the host wants records of a level. A guest that asks first need not make the text of the others.</summary>
    /// <param name="level">The level.</param>
    public static bool IsEnabled(GuestLogLevel level) => GuestAbi.IsLogged((int)level) != 0;

    /// <summary>Writes a record, if the host wants its level.</summary>
    /// <param name="level">The level.</param>
    /// <param name="message">
    /// The text. The host cuts it to the length that its options allow. A NUL becomes the replacement character U+FFFD.
    /// </param>
    /// <exception cref="ArgumentNullException">The text is <c>null</c>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such level.</exception>
    public static void Write(GuestLogLevel level, string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (level is < GuestLogLevel.Error or > GuestLogLevel.Trace)
        {
            throw new ArgumentOutOfRangeException(nameof(level), level, "a level is one of GuestLogLevel.");
        }

        if (IsEnabled(level))
        {
            fixed (byte* text = CText.Of(message), source = "GuestLog\0"u8)
            {
                GuestAbi.Log((int)level, text, 0, source);
            }
        }
    }

    /// <summary>Writes a record of a failure.</summary>
    /// <inheritdoc cref="Write"/>
    public static void Error(string message) => Write(GuestLogLevel.Error, message);

    /// <summary>Writes a record of a fact that may lead to a failure.</summary>
    /// <inheritdoc cref="Write"/>
    public static void Warning(string message) => Write(GuestLogLevel.Warning, message);

    /// <summary>Writes a record of the course of events.</summary>
    /// <inheritdoc cref="Write"/>
    public static void Information(string message) => Write(GuestLogLevel.Information, message);

    /// <summary>Writes a record with details that help to find a defect.</summary>
    /// <inheritdoc cref="Write"/>
    public static void Debug(string message) => Write(GuestLogLevel.Debug, message);

    /// <summary>Writes a record of a step.</summary>
    /// <inheritdoc cref="Write"/>
    public static void Trace(string message) => Write(GuestLogLevel.Trace, message);
}
