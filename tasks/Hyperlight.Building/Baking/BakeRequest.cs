using Hyperlight.Images;
using Hyperlight.Layouts;

namespace Hyperlight.Baking;

/// <summary>What an image is baked from: the image's bytes depend on nothing else.</summary>
internal sealed record BakeRequest
{
    /// <summary>The name the image is known by: one that <see cref="GuestName.IsValid"/> accepts.</summary>
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
}
