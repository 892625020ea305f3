using Hyperlight.Images;
using Hyperlight.Layouts;

namespace Hyperlight.Baking;

/// <summary>The input of a bake. The bytes of the image and its source map depend on nothing else.</summary>
internal sealed record BakeRequest
{
    /// <summary>Gets the name of the guest, which <see cref="GuestName.IsValid"/> must accept.</summary>
    public required string GuestName { get; init; }

    /// <summary>Gets the content of the guest's ELF file, which is not trusted.</summary>
    public required ReadOnlyMemory<byte> Guest { get; init; }

    /// <summary>
    /// Gets the content of a file that has the symbols and the debug information of the guest, which is not trusted; empty if the guest has
    /// its own. The image does not depend on the file. Findings and the source map do.
    /// </summary>
    public ReadOnlyMemory<byte> Symbols { get; init; }

    /// <summary>Gets the absolute path of the folder that the paths in the source map are relative to.</summary>
    public string SourceFolder { get; init; } = "";

    /// <summary>
    /// Gets the sizes of the guest's memory. The size of the init data is replaced by the size of <see cref="InitData"/>.
    /// </summary>
    public GuestSizes Sizes { get; init; } = new();

    /// <summary>Gets the init data of the guest; empty for no init data.</summary>
    public ReadOnlyMemory<byte> InitData { get; init; }

    /// <summary>
    /// Gets the labels of the files that sandboxes list in the PEB. A bake checks that the guest's layout can list files.
    /// </summary>
    public IReadOnlyCollection<string> FileLabels { get; init; } = [];

    /// <summary>Gets the architecture that the guest must have, <c>amd64</c> or <c>i686</c>; <c>null</c> for any.</summary>
    public string? AssertedArchitecture { get; init; }

    /// <summary>Gets the rule for the permissions that page tables give the pages of the image.</summary>
    public SegmentPermissions Permissions { get; init; }
}
