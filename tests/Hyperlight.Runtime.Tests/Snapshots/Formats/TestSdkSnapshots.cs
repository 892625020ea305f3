using Hyperlight.Layouts;
using Hyperlight.Paging;
using Hyperlight.Snapshots.Formats;

namespace Hyperlight.Runtime.Tests.Snapshots.Formats;

/// <summary>Creates snapshots in our own format without a guest.</summary>
internal static class TestSdkSnapshots
{
    public const string Tag = "ready";

    // The segments at the first instruction of a guest (amd64 sheet, section 4.1; i686 sheet, section 3.1).
    private static readonly SdkSnapshotSegment Data = new(0, 0xFFFF_FFFF, 16, 3, 1, 0, 1, 1, 0, 1, 0);
    private static readonly SdkSnapshotSegment Code64 = new(0, 0, 8, 11, 1, 0, 0, 1, 1, 0, 0);
    private static readonly SdkSnapshotSegment Task = new(0, 0xFFFF, 0, 11, 1, 0, 0, 0, 0, 0, 0);

    /// <summary>
    /// The state of KVM's interrupt controllers after a guest has moved the interrupts of the PICs to vectors from 0x20 up. A tick waits.
    /// </summary>
    public static SnapshotInterrupts Interrupts
    {
        get
        {
            byte[] ioApic = new byte[SnapshotInterrupts.IoApicSize];
            BitConverter.TryWriteBytes(ioApic, 0xFEC0_0000UL);
            byte[] localApic = new byte[SnapshotInterrupts.LocalApicSize];
            localApic[0x30] = 0x14; // the version of the local APIC
            return new(
                [1, 1, 0xFE, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0xF8],
                [0, 0, 0xFF, 0, 0, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0xDE],
                ioApic,
                localApic,
                ApicBase: 0);
        }
    }

    public static MemoryMap Map(GuestLayout layout, bool interrupts = false) =>
        MemoryMap.TryCreate(layout, new() { HardwareInterrupts = interrupts }, 0x5000, null, new List<Finding>())!;

    /// <summary>Creates a config for a memory map, without interrupts and pages.</summary>
    public static SdkSnapshotConfig Config(MemoryMap map)
    {
        bool isPaged = map.Layout.Paging != GuestPaging.None;
        bool is64Bit = map.Layout.Paging == GuestPaging.FourLevel;
        SdkSnapshotSegment code = is64Bit ? Code64 : Data with { Selector = 8, Type = 11 };
        return new()
        {
            SchemaVersion = SdkSnapshotConfig.CurrentSchemaVersion,
            SdkVersion = "test",
            Arch = TestSnapshots.Machine.Architecture,
            Hypervisor = TestSnapshots.Hypervisor,
            CpuVendor = TestSnapshots.Machine.CpuVendor.Name,
            Layout = map.Layout.Id,
            Base = map.Layout.SnapshotBase,
            Sizes = map.Sizes,
            CodeSize = map.CodeSize,
            GuestName = "test",
            ImageDigest = "sha256:" + new string('0', 64),
            EntryPoint = new(0x1100),
            CallEntry = 0x1234,
            CallStack = 0x8000,
            Sregs = new(
                code, Data, Data, Data, Data, Data, Task, default, new(0x500, 0x17), default,
                is64Bit ? 0x8005_0033UL : isPaged ? 0x8001_0011UL : 0x11, 0, is64Bit ? 0x620UL : 0, 0, is64Bit ? 0xD01UL : 0),
            Cr3 = isPaged ? map.PageTables.Gpa.Value : 0,
            Xcr0 = 1,
            Msrs = [],
            AllowedMsrs = [],
            Interrupts = map.Sizes.HardwareInterrupts ? Interrupts : null,
            HostFunctions = [],
            Generation = 3,
        };
    }

    /// <summary>Tables as a host builds them: all roots see the same memory below scratch, by way of the same tables.</summary>
    public static byte[] Tables(MemoryMap map, int roots = 1)
    {
        PageTableBuilder tables = new(PageTableFormat.Of(map.Layout.Paging), map.PageTables.Gpa, 0, roots);
        for (ulong offset = 0; offset < map.SnapshotSize; offset += GuestLayout.PageSize)
        {
            tables.MapSnapshotPage(map.Image.Gva + offset, map.Image.Gpa + offset, MemoryPermissions.Read | MemoryPermissions.Write);
        }

        for (tables.Root = 0; tables.Root < roots; tables.Root++)
        {
            if (tables.Root > 0)
            {
                tables.Share(owner: 0, map.Image.Gva, level: 0);
            }

            for (ulong offset = 0; offset < map.Scratch.Size; offset += GuestLayout.PageSize)
            {
                tables.MapScratchPage(map.Scratch.Gva + offset, map.Scratch.Gpa + offset, map.Scratch.Guest);
            }
        }

        return tables.Build();
    }

    /// <summary>Saves a snapshot of a paged guest, whose memory is 0xAA at 0x10 and else zero.</summary>
    public static string SavePaged(string directory, MemoryMap map, byte[] tables) => new SnapshotWriter(directory).Write(
        Tag,
        Config(map) with { MemorySize = map.SnapshotSize, TablesSize = (ulong)tables.Length },
        sink =>
        {
            sink(0x10, [0xAA]);
            sink(map.SnapshotSize, tables);
        });
}
