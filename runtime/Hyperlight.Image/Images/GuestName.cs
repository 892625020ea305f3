namespace Hyperlight.Images;

/// <summary>
/// The rules for names of guests. Names are parts of paths, log records and metrics. A name is valid on every system or on none, so that a
/// project builds on Windows as it builds on Linux.
/// </summary>
internal static class GuestName
{
    /// <summary>The greatest length of a name, in characters.</summary>
    public const int MaxLength = 64;

    // On Windows a file with such a name is a device, in every folder and with every extension. COM and LPT have a digit behind them.
    private static readonly string[] Devices = ["con", "prn", "aux", "nul"];
    private static readonly string[] NumberedDevices = ["com", "lpt"];

    /// <summary>
    /// Checks a name. A name has 1 to <see cref="MaxLength"/> of the characters <c>A-Z a-z 0-9 . _ -</c>, starts with neither <c>.</c> nor
    /// <c>-</c>, does not end with <c>.</c>, which Windows removes from names of files, and is no device of Windows.
    /// </summary>
    /// <param name="name">The name.</param>
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= MaxLength
        && name[0] is not ('.' or '-')
        && name[^1] != '.'
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
        && !IsDevice(name.Split('.')[0]);

    private static bool IsDevice(string name) =>
        Devices.Contains(name, StringComparer.OrdinalIgnoreCase)
        || (name.Length > 0 && char.IsAsciiDigit(name[^1]) && NumberedDevices.Contains(name[..^1], StringComparer.OrdinalIgnoreCase));
}
