using System.Text.Json;
using Hyperlight.Files;
using Hyperlight.Json;
using Hyperlight.Layouts;

namespace Hyperlight.Images;

/// <summary>Reads the parts of the configs of images and snapshots.</summary>
internal static class ImageFields
{
    /// <summary>Reads the sizes of a guest's memory.</summary>
    public static GuestSizes Sizes(JsonFields fields) => new()
    {
        HeapSize = fields.UInt64("heap_size"),
        ScratchSize = fields.UInt64("scratch_size"),
        InputBufferSize = fields.UInt64("input_buffer_size"),
        OutputBufferSize = fields.UInt64("output_buffer_size"),
        InitDataSize = fields.UInt64("init_data_size"),
        InitDataPermissions = Permissions(fields, "init_data_permissions"),
        ExecutableHeap = fields.Bool("executable_heap"),
        HardwareInterrupts = fields.Has("hardware_interrupts") && fields.Bool("hardware_interrupts"),
    };

    /// <summary>Reads a region of a guest's memory.</summary>
    public static MemoryRegion Region(JsonFields fields) => new(
        fields.Text("name"),
        new(fields.UInt64("gpa")),
        new(fields.UInt64("gva")),
        fields.UInt64("size"),
        fields.UInt64("blob_offset"),
        fields.UInt64("stored_size"),
        Permissions(fields, "host"),
        Permissions(fields, "guest"));

    /// <summary>Reads a part of a guest's memory that a blob stores.</summary>
    public static StoredRange StoredRange(JsonFields fields) => new(fields.UInt64("offset"), fields.UInt64("size"));

    /// <summary>Reads the rule for the permissions of segments.</summary>
    public static SegmentPermissions SegmentPermissions(JsonFields fields, string name) => fields.Text(name) switch
    {
        "segments" => Images.SegmentPermissions.Segments,
        "upstream" => Images.SegmentPermissions.Upstream,
        _ => throw new JsonException($"{name} is neither 'segments' nor 'upstream'"),
    };

    private static MemoryPermissions Permissions(JsonFields fields, string name) => PermissionsJson.Parse(fields.Text(name));
}
