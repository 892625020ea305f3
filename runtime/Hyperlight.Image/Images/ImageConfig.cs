using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json.Serialization;
using Hyperlight.Layouts;

namespace Hyperlight.Images;

/// <summary>What an image records about its guest: the config blob of the tag <c>initial</c>. Addresses and sizes are in bytes.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record ImageConfig
{
    /// <summary>The schema this version writes, and the only one it reads.</summary>
    public const int CurrentSchemaVersion = 2;

    /// <summary>The version of the SDK this assembly belongs to.</summary>
    public static string CurrentSdkVersion { get; } =
        typeof(ImageConfig).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>The version of these fields.</summary>
    public required int SchemaVersion { get; init; }

    /// <summary>The SDK version that baked the image.</summary>
    public required string SdkVersion { get; init; }

    /// <summary>The id of the ABI profile, see <see cref="GuestLayouts"/>.</summary>
    public required string Layout { get; init; }

    /// <summary>The guest's name.</summary>
    public required string GuestName { get; init; }

    /// <summary>SHA-256 of the ELF file, lower-case hexadecimal.</summary>
    public required string GuestSha256 { get; init; }

    /// <summary>The ELF file's build id, lower-case hexadecimal; null when it has none.</summary>
    public string? GuestBuildId { get; init; }

    /// <summary>How the page permissions of the image were chosen.</summary>
    public required SegmentPermissions SegmentPermissions { get; init; }

    /// <summary>The sizes the memory is laid out with.</summary>
    public required GuestSizes Sizes { get; init; }

    /// <summary>Bytes from the first to the last byte of the loaded segments.</summary>
    public required ulong CodeSize { get; init; }

    /// <summary>The GVA of the first instruction.</summary>
    public required ulong EntryPoint { get; init; }

    /// <summary>Every region; a reader compares them with what the profile gives for these sizes.</summary>
    public required ImmutableArray<MemoryRegion> Regions { get; init; }

    /// <summary>Bytes of the guest's memory at its start and of its page tables.</summary>
    public required ulong MemorySize { get; init; }

    /// <summary>The parts of them that the memory blob has, one behind the other; all else is zero. With page tables they are one part.</summary>
    public required ImmutableArray<StoredRange> Stored { get; init; }
}
