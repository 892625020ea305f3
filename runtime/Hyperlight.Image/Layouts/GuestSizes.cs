using System.Text.Json.Serialization;

namespace Hyperlight.Layouts;

/// <summary>The sizes a guest's memory is laid out with, in bytes, and what else of it the project chooses. The defaults are upstream's (amd64 sheet, section 2.5).</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record GuestSizes
{
    /// <summary>The least size of an input or output buffer.</summary>
    public const ulong MinimumBufferSize = 0x2000;

    /// <summary>The guest's heap; need not be a multiple of the page size.</summary>
    [JsonRequired]
    public ulong HeapSize { get; init; } = 0x20000;

    /// <summary>The scratch region: buffers, live page tables, stacks, copied pages. A multiple of the page size.</summary>
    [JsonRequired]
    public ulong ScratchSize { get; init; } = 0x48000;

    /// <summary>The buffer the host writes calls and results to.</summary>
    [JsonRequired]
    public ulong InputBufferSize { get; init; } = 0x4000;

    /// <summary>The buffer the guest writes results, host calls and logs to.</summary>
    [JsonRequired]
    public ulong OutputBufferSize { get; init; } = 0x4000;

    /// <summary>Bytes of init data, 0 for none.</summary>
    [JsonRequired]
    public ulong InitDataSize { get; init; }

    /// <summary>What the guest may do with its init data, reading always; written pages are the guest's own copies.</summary>
    [JsonRequired]
    public MemoryPermissions InitDataPermissions { get; init; } = MemoryPermissions.Read;

    /// <summary>Whether the guest may execute code in its heap (upstream's feature <c>executable_heap</c>).</summary>
    [JsonRequired]
    public bool ExecutableHeap { get; init; }

    /// <summary>
    /// Whether the guest has interrupt controllers and a timer (upstream's feature <c>hw-interrupts</c>). Their pages belong to no region then, whatever the layout.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HardwareInterrupts { get; init; }
}
