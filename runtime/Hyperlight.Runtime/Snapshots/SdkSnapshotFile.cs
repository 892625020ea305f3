using System.Collections.Immutable;
using Hyperlight.Files;
using Hyperlight.Hypervisors;
using Hyperlight.Images;
using Hyperlight.Oci;
using Hyperlight.Snapshots.Formats;

namespace Hyperlight.Snapshots;

/// <summary>Saves snapshots in the format of this SDK (docs/image-format.md).</summary>
internal static class SdkSnapshotFile
{
    private const int ChunkSize = 1 << 16;

    /// <summary>Saves a snapshot of a guest with page tables.</summary>
    /// <returns>The digest of the snapshot's manifest.</returns>
    /// <exception cref="HyperlightException">HL3001, HL3002, HL3004, HL3006, HL3008.</exception>
    public static string Save(SnapshotContent snapshot, PagedSnapshotMemory memory, SnapshotWriter writer, string tag)
    {
        SdkSnapshotConfig config = ToConfig(snapshot) with
        {
            MemorySize = memory.SavedSize(snapshot.Map),
            TablesSize = memory.Tables.Size,
        };

        // Readers expect room also for pages of zeros, which the image does not store.
        return SnapshotSizeRules.FindFault(snapshot.Map, config.MemorySize.Value, config.TablesSize.Value) is { } fault
            ? throw SnapshotFile.NotSavable(fault)
            : writer.Write(tag, config, sink => memory.WriteTo(sink, snapshot.Map));
    }

    /// <summary>Saves a snapshot of a guest without page tables: the memory of the image, and the pages that differ.</summary>
    /// <returns>The digest of the snapshot's manifest.</returns>
    /// <exception cref="HyperlightException">HL3001, HL3002, HL3004, HL3006, HL3008.</exception>
    public static string Save(SnapshotContent snapshot, IdentitySnapshotMemory memory, SnapshotWriter writer, string tag)
    {
        ImmutableArray<ulong> addresses = [.. memory.Runs.SelectMany(run => run.Pages)];
        ImmutableArray<StoredRange> stored = memory.Image.RangesOf(snapshot.Map.BlobSize);
        SdkSnapshotConfig config = ToConfig(snapshot) with { Stored = stored, PageCount = (ulong)addresses.Length };
        return writer.Write(
            tag,
            config,
            sink =>
            {
                ulong target = 0;
                foreach (StoredRange range in stored)
                {
                    Copy(memory.Image, range.Offset, range.Size, target, sink);
                    target += range.Size;
                }
            },
            sink =>
            {
                sink(0, PageIndex.Write(addresses));
                ulong target = PageIndex.Size((ulong)addresses.Length);
                foreach (PageRun run in memory.Runs)
                {
                    Copy(memory.Pages, run.Offset, run.Size, target, sink);
                    target += run.Size;
                }
            });
    }

    /// <summary>Creates the part of the config that guests with and without page tables share.</summary>
    private static SdkSnapshotConfig ToConfig(SnapshotContent snapshot)
    {
        ProcessorState processor = snapshot.Processor;
        if (processor.Interrupts is { Vector: not null })
        {
            throw SnapshotFile.NotSavable(SnapshotInterruptRules.WaitingInterrupt);
        }

        SdkSnapshotConfig config = new()
        {
            SchemaVersion = SdkSnapshotConfig.CurrentSchemaVersion,
            SdkVersion = ImageConfig.CurrentSdkVersion,
            Arch = processor.Machine.Architecture,
            Hypervisor = processor.Hypervisor,
            CpuVendor = processor.Machine.CpuVendor.Name,
            Layout = snapshot.Map.Layout.Id,
            Base = snapshot.Map.Layout.SnapshotBase,
            Sizes = snapshot.Map.Sizes,
            CodeSize = snapshot.Map.CodeSize,
            GuestName = SnapshotFile.SavedName(snapshot),
            ImageDigest = snapshot.ImageDigest,
            EntryPoint = snapshot.Origin.EntryPoint,
            CallEntry = snapshot.CallRegisters.Rip,
            CallStack = snapshot.CallRegisters.Rsp,
            Sregs = SavedProcessor.ToSdk(processor.Special),
            Cr3 = processor.Special.Cr3,
            Xcr0 = processor.ExtendedControl,
            Msrs = SavedProcessor.ToSaved(processor.Msrs),
            AllowedMsrs = snapshot.AllowedMsrs,
            Interrupts = processor.Interrupts is { } interrupts ? SavedProcessor.ToSaved(interrupts) : null,
            HostFunctions = SavedHostFunctions.ToSaved(snapshot.HostFunctions),
            Generation = snapshot.Generation,
        };
        return SnapshotStateRules.FindFault(config, snapshot.Map) is { } fault ? throw SnapshotFile.NotSavable(fault) : config;
    }

    /// <summary>Copies a part of a file. Zeros become holes of the copy.</summary>
    private static void Copy(SharedFile file, ulong offset, ulong size, ulong target, BlobSink sink)
    {
        byte[] chunk = new byte[ChunkSize];
        for (ulong done = 0; done < size; done += ChunkSize)
        {
            Span<byte> bytes = chunk.AsSpan(0, (int)Math.Min(ChunkSize, size - done));
            file.Read(bytes, offset + done);
            if (bytes.ContainsAnyExcept((byte)0))
            {
                sink(target + done, bytes);
            }
        }
    }
}
