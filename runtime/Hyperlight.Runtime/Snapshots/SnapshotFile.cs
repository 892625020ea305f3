using System.Collections.Immutable;
using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Images;
using Hyperlight.Layouts;
using Hyperlight.Memory;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Snapshots;

/// <summary>
/// A snapshot and its directory (amd64 sheet, section 8). The layers of a snapshot lie one behind the other from the layout's base, so that one behind
/// the other they are the blob:
/// <code>
///   memory  base │ image │ pages of a snapshot │ pages of the next │   …   │ scratch: tables at their place
///   blob         │ image │ pages of a snapshot │ pages of the next │ tables │
/// </code>
/// </summary>
internal static class SnapshotFile
{
    private const int ChunkSize = 1 << 20;

    // Upstream's KVM sets these, too: KERNEL_GS_BASE, TSC, TSC_ADJUST, the active shadow stack (amd64 sheet, section 11.3). No guest has to be allowed them.
    private static readonly ImmutableArray<uint> CoreMsrs = [0xC000_0102, 0x10, 0x3B, 0x7A0];

    /// <summary>Saves a snapshot.</summary>
    /// <returns>The digest of its manifest.</returns>
    /// <exception cref="HyperlightException">HL3001, HL3002, HL3004, HL3006, HL3008.</exception>
    public static string Save(Snapshot snapshot, string directory, string tag)
    {
        if (snapshot.Map.Layout.SnapshotAbi is not { } abi || snapshot.Memory is not PagedSnapshotMemory memory)
        {
            throw NotSavable($"it is of an {snapshot.Map.Layout.Id} guest, the format on disk has amd64 guests only: keep it in memory");
        }

        if (snapshot.Map.Sizes.HardwareInterrupts)
        {
            throw NotSavable("its guest has hardware interrupts, upstream's format has no place for the state of interrupt controllers: keep it in memory");
        }

        ImmutableArray<MemoryLayer> layers = memory.ShareLayers([]);
        try
        {
            // Upstream's loader wants a page of heap at least.
            MemoryMap map = snapshot.Map;
            ulong size = Math.Max(layers[^1].End.Value - map.Layout.SnapshotBase.Value, SizeWithoutHeap(map) + GuestLayout.PageSize);
            SnapshotConfig config = ToConfig(snapshot, abi, size, (ulong)memory.Tables.Length);
            return SnapshotStateRules.FindFault(config, map.Layout) is { } fault
                ? throw NotSavable(fault)
                : new SnapshotWriter(directory).Write(tag, config, ToAnnotations(snapshot, abi), sink =>
                {
                    foreach (MemoryLayer layer in layers)
                    {
                        Copy(layer, map.Layout.SnapshotBase, sink);
                    }

                    sink(size, memory.Tables);
                });
        }
        finally
        {
            foreach (MemoryLayer layer in layers)
            {
                layer.Shared.Dispose();
            }
        }
    }

    /// <summary>Loads a snapshot. Its memory is a view of the file.</summary>
    /// <exception cref="HyperlightException">HL3001 to HL3005, HL3007, HL3009.</exception>
    /// <exception cref="HypervisorException">There is no usable hypervisor.</exception>
    public static Snapshot Load(string directory, string reference, bool verifyContent)
    {
        (SavedSnapshot saved, SafeFileHandle file) = new SnapshotReader(directory, KvmSystem.Shared.Machine).Read(reference, verifyContent);
        using (file)
        {
            MemoryMap map = saved.Map;
            SnapshotConfig config = saved.Config;
            SnapshotAnnotations annotations = saved.Annotations;
            ImmutableArray<KvmMsrEntry> msrs = SavedProcessor.FromSaved(saved.Msrs);
            ImmutableSortedDictionary<string, HostFunctionSignature> hostFunctions;
            byte[] tables;
            try
            {
                hostFunctions = SavedHostFunctions.FromSaved(config.HostFunctions);
                tables = ReadTables(file, config.Layout);
            }
            catch (FormatException e)
            {
                throw new HyperlightException(Rules.ImageMalformed.Found($"the snapshot '{directory}' cannot be used: {e.Message}."), e);
            }
            catch (IOException e)
            {
                throw new HyperlightException(Rules.ImageNotReadable.Found($"the snapshot '{directory}' cannot be read: {e.Message}."), e);
            }

            MappedMemory memory = MappedMemory.MapPrivate(file, config.Layout.SnapshotSize, writable: false);
            return new(
                new(
                    annotations.GuestName ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory))),
                    config.OriginalEntrypointAddr is { } entry ? new(entry) : null,
                    annotations.ImageDigest),
                config.SnapshotGeneration,
                map,
                new PagedSnapshotMemory([new(map.Layout.SnapshotBase, new(memory))], tables, ownSize: 0),
                new(SavedProcessor.FromSaved(config.Sregs, map.PageTables.Gpa), annotations.ExtendedControl, msrs),
                new() { Rip = config.EntrypointAddr, Rsp = config.StackTopGva },
                hostFunctions,
                annotations.AllowedMsrs ?? [.. saved.Msrs.Select(register => register.Index).Except(CoreMsrs)]);
        }
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
        GuestName = snapshot.GuestName,
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

    private static byte[] ReadTables(SafeFileHandle file, SnapshotLayout layout)
    {
        byte[] tables = GC.AllocateUninitializedArray<byte>((int)layout.PtSize!.Value);
        int done = 0;
        while (done < tables.Length)
        {
            int count = RandomAccess.Read(file, tables.AsSpan(done), checked((long)layout.SnapshotSize + done));
            done += count > 0 ? count : throw new EndOfStreamException("its memory blob became shorter meanwhile");
        }

        return tables;
    }

    private static HyperlightException NotSavable(string why) => new(Rules.SnapshotNotSavable.Found($"the snapshot cannot be saved: {why}."));
}
