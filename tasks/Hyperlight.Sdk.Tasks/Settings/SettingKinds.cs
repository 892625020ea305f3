using System.Globalization;
using Hyperlight.Images;
using Hyperlight.Layouts;

namespace Hyperlight.Sdk.Tasks.Settings;

/// <summary>The kinds of values that settings of guests have.</summary>
internal static class SettingKinds
{
    // The greatest timeout in seconds. A build does not wait longer than an hour for a guest.
    private const int MaxTimeout = 3600;

    private static readonly string[] Architectures = [.. GuestLayouts.All.Select(layout => layout.Architecture).Distinct()];

    /// <summary>A number of bytes.</summary>
    public static readonly SettingKind<ulong> Size = new(
        "size",
        Rules.BadSize,
        "is not a size; bytes are written like 65536 or 0x10000, or with a unit like 64K, 16M or 1G",
        ByteSize.TryParse,
        SizeText);

    /// <summary>A number of seconds.</summary>
    public static readonly SettingKind<TimeSpan> Timeout = new(
        "int",
        Rules.BadSnapshotTimeout,
        $"is not a timeout; a timeout is a whole number of seconds from 1 to {MaxTimeout}",
        TryParseTimeout,
        TimeoutText);

    /// <summary>Yes or no.</summary>
    public static readonly SettingKind<bool> Switch = SettingKind<bool>.OneOf(
        "bool", Rules.BadSwitch, "is neither true nor false", [true, false], isOn => isOn ? "true" : "false");

    /// <summary>Permissions of memory.</summary>
    public static readonly SettingKind<MemoryPermissions> Permissions = SettingKind<MemoryPermissions>.OneOf(
        "enum",
        Rules.BadPermissions,
        "is not a set of permissions; there are r, rw, rx and rwx",
        MemoryPermissionsText.Readable,
        permissions => permissions.ToText().Replace("-", "", StringComparison.Ordinal));

    /// <summary>An architecture, or <c>null</c> for any.</summary>
    public static readonly SettingKind<string?> Architecture = SettingKind<string?>.OneOf(
        "enum",
        Rules.BadArchitecture,
        $"is not an architecture; there are {string.Join(" and ", Architectures)}",
        Architectures,
        architecture => architecture ?? "");

    /// <summary>The source of the permissions of a guest's own pages.</summary>
    public static readonly SettingKind<SegmentPermissions> SegmentPermissions = SettingKind<SegmentPermissions>.OneOf(
        "enum",
        Rules.BadPermissions,
        "is not a choice of permissions; there are Segments and Upstream",
        [Images.SegmentPermissions.Segments, Images.SegmentPermissions.Upstream],
        choice => choice.ToString());

    /// <summary>Whether a build takes a snapshot.</summary>
    public static readonly SettingKind<SnapshotChoice> Snapshot = SettingKind<SnapshotChoice>.OneOf(
        "enum",
        Rules.BadSnapshotChoice,
        "does not say whether a snapshot is taken; there are true, auto and false",
        [SnapshotChoice.True, SnapshotChoice.Auto, SnapshotChoice.False],
        choice => choice switch { SnapshotChoice.True => "true", SnapshotChoice.Auto => "auto", _ => "false" });

    private static string SizeText(ulong bytes)
    {
        (int shift, string unit) = bytes == 0 ? (0, "") : ulong.TrailingZeroCount(bytes) switch
        {
            >= 30 => (30, "G"),
            >= 20 => (20, "M"),
            >= 10 => (10, "K"),
            _ => (0, ""),
        };
        return (bytes >> shift).ToString(CultureInfo.InvariantCulture) + unit;
    }

    private static bool TryParseTimeout(string text, out TimeSpan timeout)
    {
        bool isTimeout = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
            && seconds is > 0 and <= MaxTimeout;
        timeout = TimeSpan.FromSeconds(seconds);
        return isTimeout;
    }

    private static string TimeoutText(TimeSpan timeout) => timeout.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
}
