using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Memory;

namespace Hyperlight.Snapshots;

/// <summary>
/// The snapshot of a paged guest in upstream's format (amd64 sheet, section 8). The layers of a snapshot lie one behind the other from the layout's base, so
/// that one behind the other they are the blob:
/// <code>
///   memory  base │ image │ pages of a snapshot │ pages of the next │   …   │ scratch: tables at their place
///   blob         │ image │ pages of a snapshot │ pages of the next │ tables │
/// </code>
/// </summary>
internal static class PagedSnapshotFile
{
    private const int ChunkSize = 1 << 20;

    /// <summary>Saves a snapshot.</summary>
    /// <returns>The digest of its manifest.</returns>
    /// <exception cref="HyperlightException">HL3001, HL3002, HL3004, HL3006, HL3008.</exception>
    public static string Save(Snapshot snapshot, PagedSnapshotMemory memory, SnapshotAbi abi, string directory, string tag)
    {
        // Upstream's loader wants a page of heap at least.
        MemoryMap map = snapshot.Map;
        ulong size = Math.Max(memory.Layers[^1].End.Value - map.Layout.SnapshotBase.Value, SizeWithoutHeap(map) + GuestLayout.PageSize);
        SnapshotConfig config = ToConfig(snapshot, abi, size, (ulong)memory.Tables.Length);
        return SnapshotStateRules.FindFault(config, map.Layout) is { } fault
            ? throw SnapshotFile.NotSavable(fault)
            : new SnapshotWriter(directory).Write(tag, config, ToAnnotations(snapshot, abi), sink =>
            {
                foreach (MemoryLayer layer in memory.Layers)
                {
                    Copy(layer, map.Layout.SnapshotBase, sink);
                }

                sink(size, memory.Tables);
            });
    }

    /// <summary>The memory of a loaded snapshot, which takes its file over.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PagedSnapshotMemory ToMemory(SavedPagedSnapshot saved)
    {
        byte[] tables = new byte[saved.TablesSize];
        using SharedFile file = new(saved.Memory);
        file.Read(tables, saved.MemorySize);
        MappedMemory memory = MappedMemory.MapPrivate(saved.Memory, saved.MemorySize, writable: false);
        return new([new(saved.Map.Layout.SnapshotBase, new(memory))], tables, ownSize: 0);
    }

    private static SnapshotConfig ToConfig(Snapshot snapshot, SnapshotAbi abi, ulong size, ulong tablesSize)
    {
        MemoryMap map = snapshot.Map;
        bool hasInitData = map.Sizes.InitDataSize > 0 || map.Sizes.InitDataPermissions != MemoryPermissions.Read;
        SnapshotMachine machine = KvmSystem.Shared.Machine;
        return new()
        {
            HyperlightVersion = $"Hyperlight.Sdk {ImageConfig.CurrentSdkVersion}",
            Arch = machine.Arch,
            AbiVersion = abi.Version,
            Hypervisor = machine.Hypervisor,
            CpuVendor = machine.CpuVendor,
            StackTopGva = snapshot.CallRegisters.Rsp,
            EntrypointAddr = snapshot.CallRegisters.Rip,
            OriginalEntrypointAddr = abi.HasEntryAndMsrs ? snapshot.Origin.EntryPoint?.Value ?? map.Image.Gva.Value : null,
            Sregs = SavedProcessor.ToSaved(snapshot.Processor.Special),
            Msrs = abi.HasEntryAndMsrs ? SavedProcessor.ToSaved(snapshot.Processor.Msrs) : null,
            Layout = new()
            {
                InputDataSize = map.Sizes.InputBufferSize,
                OutputDataSize = map.Sizes.OutputBufferSize,
                // Not what there is room for now: upstream may load it and save less, and keeps this field.
                HeapSize = Math.Min(Math.Max(map.Sizes.HeapSize, 1), GuestLayout.PageSize),
                CodeSize = map.CodeSize,
                InitDataSize = map.Sizes.InitDataSize,
                InitDataPermissions = hasInitData ? (uint)map.Sizes.InitDataPermissions : null,
                ScratchSize = map.Sizes.ScratchSize,
                SnapshotSize = size,
                PtSize = tablesSize,
            },
            MemorySize = size + tablesSize,
            HostFunctions = SavedHostFunctions.ToSaved(snapshot.HostFunctions),
            SnapshotGeneration = snapshot.Generation,
        };
    }

    private static SnapshotAnnotations ToAnnotations(Snapshot snapshot, SnapshotAbi abi) => new()
    {
        GuestName = SnapshotFile.SavedName(snapshot),
        HeapSize = snapshot.Map.Sizes.HeapSize,
        ExtendedControl = snapshot.Processor.ExtendedControl,
        Msrs = abi.HasEntryAndMsrs ? [] : SavedProcessor.ToSaved(snapshot.Processor.Msrs),
        AllowedMsrs = snapshot.AllowedMsrs,
        ImageDigest = snapshot.ImageDigest,
    };

    private static ulong SizeWithoutHeap(MemoryMap map) => map.Image.Size + map.Peb.Size + map.InitData.Size;

    private static void Copy(MemoryLayer layer, GuestPhysicalAddress start, BlobSink sink)
    {
        MappedMemory memory = layer.Shared.Memory;
        for (ulong offset = 0; offset < memory.Size; offset += ChunkSize)
        {
            sink(layer.Gpa.Value - start.Value + offset, memory.Slice(offset, (int)Math.Min(ChunkSize, memory.Size - offset)));
        }
    }
}
