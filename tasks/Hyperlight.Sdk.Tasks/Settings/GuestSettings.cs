using System.Globalization;
using Hyperlight.Images;
using Hyperlight.Layouts;

namespace Hyperlight.Sdk.Tasks;

/// <summary>What a project says about a guest, apart from its name and files: values already checked.</summary>
internal sealed record GuestSettings
{
    // Seconds. A guest that needs longer than an hour is not one that a build waits for.
    private const int MaxSnapshotTimeout = 3600;

    /// <summary>The sizes, in bytes.</summary>
    public GuestSizes Sizes { get; init; } = new();

    /// <summary>The architecture the project asserts, null when it asserts none.</summary>
    public string? Architecture { get; init; }

    /// <summary>Which permissions the guest's own pages get.</summary>
    public SegmentPermissions Permissions { get; init; }

    /// <summary>Whether the image gets a snapshot of the guest.</summary>
    public SnapshotChoice Snapshot { get; init; }

    /// <summary>The longest that taking it may take.</summary>
    public TimeSpan SnapshotTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The architectures there are profiles for, in a fixed order.</summary>
    private static IEnumerable<string> Architectures => GuestLayouts.All.Select(layout => layout.Architecture).Distinct();

    /// <summary>Reads all settings; one that is not given comes from <paramref name="defaults"/>.</summary>
    /// <param name="textOf">The text of a setting, empty when it is not given.</param>
    /// <param name="defaults">The values of settings that are not given.</param>
    /// <param name="wrong">Called with the setting's name and the finding for each text that cannot be understood.</param>
    public static GuestSettings Read(Func<string, string> textOf, GuestSettings defaults, Action<string, Finding> wrong) =>
        ReadTrimmed(name => textOf(name).Trim(), defaults, wrong);

    private static GuestSettings ReadTrimmed(Func<string, string> textOf, GuestSettings defaults, Action<string, Finding> wrong) => new()
    {
        Sizes = new()
        {
            HeapSize = ReadSize(nameof(GuestSizes.HeapSize), defaults.Sizes.HeapSize, textOf, wrong),
            ScratchSize = ReadSize(nameof(GuestSizes.ScratchSize), defaults.Sizes.ScratchSize, textOf, wrong),
            InputBufferSize = ReadSize(nameof(GuestSizes.InputBufferSize), defaults.Sizes.InputBufferSize, textOf, wrong),
            OutputBufferSize = ReadSize(nameof(GuestSizes.OutputBufferSize), defaults.Sizes.OutputBufferSize, textOf, wrong),
            InitDataPermissions = ReadInitDataPermissions(defaults.Sizes.InitDataPermissions, textOf, wrong),
            ExecutableHeap = ReadSwitch(nameof(GuestSizes.ExecutableHeap), defaults.Sizes.ExecutableHeap, textOf, wrong),
            HardwareInterrupts = ReadSwitch(nameof(GuestSizes.HardwareInterrupts), defaults.Sizes.HardwareInterrupts, textOf, wrong),
        },
        Architecture = ReadArchitecture(defaults.Architecture, textOf, wrong),
        Permissions = ReadPermissions(defaults.Permissions, textOf, wrong),
        Snapshot = ReadSnapshot(defaults.Snapshot, textOf, wrong),
        SnapshotTimeout = ReadSnapshotTimeout(defaults.SnapshotTimeout, textOf, wrong),
    };

    private static ulong ReadSize(string name, ulong fallback, Func<string, string> textOf, Action<string, Finding> wrong)
    {
        string text = textOf(name);
        if (text.Length == 0)
        {
            return fallback;
        }

        if (!ByteSize.TryParse(text, out ulong bytes))
        {
            wrong(name, Rules.BadSize.Found(
                $"\"{text}\" is not a size; bytes are written like 65536 or 0x10000, or with a unit like 64K, 16M or 1G: correct the value."));
            return fallback;
        }

        return bytes;
    }

    private static MemoryPermissions ReadInitDataPermissions(MemoryPermissions fallback, Func<string, string> textOf, Action<string, Finding> wrong)
    {
        string text = textOf(nameof(GuestSizes.InitDataPermissions));
        if (text.Length == 0)
        {
            return fallback;
        }

        if (!MemoryPermissionsText.TryParse(text, out MemoryPermissions permissions))
        {
            wrong(nameof(GuestSizes.InitDataPermissions), Rules.BadPermissions.Found(
                $"\"{text}\" is not a set of permissions; there are r, rw, rx and rwx: correct the value."));
            return fallback;
        }

        return permissions;
    }

    private static bool ReadSwitch(string name, bool fallback, Func<string, string> textOf, Action<string, Finding> wrong)
    {
        string text = textOf(name);
        if (text.Length == 0)
        {
            return fallback;
        }

        if (!bool.TryParse(text, out bool value))
        {
            wrong(name, Rules.BadSwitch.Found($"\"{text}\" is neither true nor false: correct the value."));
            return fallback;
        }

        return value;
    }

    private static string? ReadArchitecture(string? fallback, Func<string, string> textOf, Action<string, Finding> wrong)
    {
        string text = textOf("Layout");
        if (text.Length == 0)
        {
            return fallback;
        }

        string? architecture = Architectures.FirstOrDefault(known => known.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (architecture is null)
        {
            wrong("Layout", Rules.BadLayoutName.Found(
                $"\"{text}\" is not a layout; there are {string.Join(" and ", Architectures)}: correct the value, or leave it out and the guest decides."));
        }

        return architecture ?? fallback;
    }

    private static SegmentPermissions ReadPermissions(
        SegmentPermissions fallback, Func<string, string> textOf, Action<string, Finding> wrong)
    {
        string text = textOf(nameof(Permissions));
        foreach (SegmentPermissions known in Enum.GetValues<SegmentPermissions>())
        {
            if (known.ToString().Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                return known;
            }
        }

        if (text.Length > 0)
        {
            wrong(nameof(Permissions), Rules.BadPermissions.Found(
                $"\"{text}\" is not a choice of permissions; there are {string.Join(" and ", Enum.GetNames<SegmentPermissions>())}: correct the value."));
        }

        return fallback;
    }

    private static SnapshotChoice ReadSnapshot(SnapshotChoice fallback, Func<string, string> textOf, Action<string, Finding> wrong)
    {
        string text = textOf(nameof(Snapshot));
        foreach (SnapshotChoice known in Enum.GetValues<SnapshotChoice>())
        {
            if (known.ToString().Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                return known;
            }
        }

        if (text.Length > 0)
        {
            wrong(nameof(Snapshot), Rules.BadSnapshotChoice.Found(
                $"\"{text}\" does not say whether a snapshot is taken; there are true, auto and false: correct the value."));
        }

        return fallback;
    }

    private static TimeSpan ReadSnapshotTimeout(TimeSpan fallback, Func<string, string> textOf, Action<string, Finding> wrong)
    {
        string text = textOf(nameof(SnapshotTimeout));
        if (text.Length == 0)
        {
            return fallback;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) || seconds is 0 or > MaxSnapshotTimeout)
        {
            wrong(nameof(SnapshotTimeout), Rules.BadSnapshotTimeout.Found(
                $"\"{text}\" is not a timeout; it is a whole number of seconds from 1 to {MaxSnapshotTimeout}: correct the value."));
            return fallback;
        }

        return TimeSpan.FromSeconds(seconds);
    }
}
