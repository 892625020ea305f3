namespace Hyperlight.Images;

/// <summary>The rules for names of guests. Names are parts of paths, log records and metrics.</summary>
internal static class GuestName
{
    /// <summary>The greatest length of a name, in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>
    /// Checks a name. A name has 1 to <see cref="MaxLength"/> of the characters <c>A-Z a-z 0-9 . _ -</c> and starts with neither <c>.</c>
    /// nor <c>-</c>.
    /// </summary>
    /// <param name="name">The name.</param>
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= MaxLength
        && name[0] is not ('.' or '-')
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
