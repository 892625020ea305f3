using System.Text.Json.Serialization;

namespace Hyperlight.Layouts;

/// <summary>
/// The sizes of a guest's memory in bytes, and the other properties of memory that a project chooses. The defaults are upstream's (amd64
/// sheet, section 2.5).
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record GuestSizes
{
    /// <summary>The least size of an input or output buffer in bytes.</summary>
    public const ulong MinimumBufferSize = 0x2000;

    /// <summary>Gets the size of the guest's heap. The size need not be a multiple of the page size.</summary>
    [JsonRequired]
    public ulong HeapSize { get; init; } = 0x20000;

    /// <summary>
    /// Gets the size of the scratch region (buffers, live page tables, stacks, copied pages), a multiple of the page size.
    /// </summary>
    [JsonRequired]
    public ulong ScratchSize { get; init; } = 0x48000;

    /// <summary>Gets the size of the buffer that the host writes calls and results to.</summary>
    [JsonRequired]
    public ulong InputBufferSize { get; init; } = 0x4000;

    /// <summary>Gets the size of the buffer that the guest writes results, calls of host functions and log records to.</summary>
    [JsonRequired]
    public ulong OutputBufferSize { get; init; } = 0x4000;

    /// <summary>Gets the size of the init data; 0 if there is no init data.</summary>
    [JsonRequired]
    public ulong InitDataSize { get; init; }

    /// <summary>
    /// Gets the permissions of the guest in its init data, always with the permission to read. Pages that the guest writes to become its
    /// own copies.
    /// </summary>
    [JsonRequired]
    public MemoryPermissions InitDataPermissions { get; init; } = MemoryPermissions.Read;

    /// <summary>Gets whether the guest may execute code in its heap (upstream's feature <c>executable_heap</c>).</summary>
    [JsonRequired]
    public bool ExecutableHeap { get; init; }

    /// <summary>
    /// Gets whether the guest has interrupt controllers and a timer (upstream's feature <c>hw-interrupts</c>). If so, no region may cover
    /// the pages of the controllers.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HardwareInterrupts { get; init; }
}
