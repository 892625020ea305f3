using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json.Serialization;
using Hyperlight.Files;
using Hyperlight.Json;
using Hyperlight.Layouts;

namespace Hyperlight.Images;

/// <summary>
/// The config of an image: the facts about the guest, in the config blob of the tag <c>initial</c>. Addresses and sizes are in bytes.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record ImageConfig
{
    /// <summary>The version of the schema that this SDK writes. Other versions are refused.</summary>
    public const int CurrentSchemaVersion = 2;

    /// <summary>Gets the version of the SDK that this assembly belongs to.</summary>
    public static string CurrentSdkVersion { get; } =
        typeof(ImageConfig).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>Gets the version of the schema.</summary>
    public required int SchemaVersion { get; init; }

    /// <summary>Gets the version of the SDK that baked the image.</summary>
    public required string SdkVersion { get; init; }

    /// <summary>Gets the name of the layout, see <see cref="GuestLayouts"/>.</summary>
    public required string Layout { get; init; }

    /// <summary>Gets the name of the guest.</summary>
    public required string GuestName { get; init; }

    /// <summary>Gets the SHA-256 digest of the ELF file, in lower-case hexadecimal.</summary>
    public required string GuestSha256 { get; init; }

    /// <summary>Gets the build id of the ELF file, in lower-case hexadecimal; <c>null</c> if the file has no build id.</summary>
    public string? GuestBuildId { get; init; }

    /// <summary>Gets the rule by which the permissions of the image's pages were chosen.</summary>
    public required SegmentPermissions SegmentPermissions { get; init; }

    /// <summary>Gets the sizes of the guest's memory.</summary>
    public required GuestSizes Sizes { get; init; }

    /// <summary>Gets the number of bytes from the first to the last byte of the loaded segments.</summary>
    public required ulong CodeSize { get; init; }

    /// <summary>Gets the virtual address of the first instruction.</summary>
    public required ulong EntryPoint { get; init; }

    /// <summary>Gets all regions of memory. A reader compares them with the regions that the layout gives for these sizes.</summary>
    public required ImmutableArray<MemoryRegion> Regions { get; init; }

    /// <summary>Gets the size of the guest's memory at its start, with its page tables.</summary>
    public required ulong MemorySize { get; init; }

    /// <summary>
    /// Gets the parts of the memory that the blob stores, one after the other. The rest of the memory is zero. With page tables there is
    /// one part.
    /// </summary>
    public required ImmutableArray<StoredRange> Stored { get; init; }

    /// <summary>Reads a config.</summary>
    public static ImageConfig Read(JsonFields fields) => new()
    {
        SchemaVersion = fields.Int32("schema_version"),
        SdkVersion = fields.Text("sdk_version"),
        Layout = fields.Text("layout"),
        GuestName = fields.Text("guest_name"),
        GuestSha256 = fields.Text("guest_sha256"),
        GuestBuildId = fields.TextOrNull("guest_build_id"),
        SegmentPermissions = ImageFields.SegmentPermissions(fields, "segment_permissions"),
        Sizes = fields.Object("sizes", ImageFields.Sizes),
        CodeSize = fields.UInt64("code_size"),
        EntryPoint = fields.UInt64("entry_point"),
        Regions = fields.Objects("regions", ImageFields.Region),
        MemorySize = fields.UInt64("memory_size"),
        Stored = fields.Objects("stored", ImageFields.StoredRange),
    };
}
