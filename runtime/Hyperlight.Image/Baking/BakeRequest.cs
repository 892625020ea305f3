using Hyperlight.Layouts;

namespace Hyperlight.Baking;

/// <summary>What an image is baked from: the image's bytes depend on nothing else.</summary>
public sealed record BakeRequest
{
    /// <summary>The longest name of a guest, in characters.</summary>
    public const int MaxGuestNameLength = 64;

    /// <summary>The name the image is known by: one that <see cref="IsGuestName"/> accepts.</summary>
    public required string GuestName { get; init; }

    /// <summary>The bytes of the guest's ELF file. Nothing in them is trusted.</summary>
    public required ReadOnlyMemory<byte> Guest { get; init; }

    /// <summary>The sizes of the guest's memory; the size of the init data is taken from <see cref="InitData"/>.</summary>
    public GuestSizes Sizes { get; init; } = new();

    /// <summary>Bytes the guest finds at the init data pointer of its PEB; empty for none.</summary>
    public ReadOnlyMemory<byte> InitData { get; init; }

    /// <summary>Labels of files that its sandboxes are to list in the PEB: the image only has to have a layout that can.</summary>
    public IReadOnlyCollection<string> FileLabels { get; init; } = [];

    /// <summary>The architecture the guest must have, <c>amd64</c> or <c>i686</c>; null where any will do.</summary>
    public string? AssertedArchitecture { get; init; }

    /// <summary>Which permissions the guest's page tables give its image.</summary>
    public SegmentPermissions Permissions { get; init; }

    /// <summary>
    /// Whether a guest can have a name, which stands in paths, logs and metrics: 1 to <see cref="MaxGuestNameLength"/> of the characters <c>A-Z a-z 0-9 . _ -</c>, the first of
    /// them neither <c>.</c> nor <c>-</c>.
    /// </summary>
    /// <param name="name">The name.</param>
    public static bool IsGuestName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length is > 0 and <= MaxGuestNameLength
            && name[0] is not ('.' or '-')
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
    }
}
