using System.Buffers.Binary;
using System.Collections.Immutable;
using Hyperlight.Hypervisors;
using Hyperlight.Layouts;
using Hyperlight.Memory;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>A virtual machine that runs a few bytes of code, without Hyperlight's protocol.</summary>
internal sealed class TinyGuest : IDisposable
{
    public const ulong CodeAddress = 0x1000;
    public const ulong ReadOnlyAddress = 0x6000;

    private const int CodeOffset = 0;
    private const int TablesOffset = 0x1000;

    private readonly ulong _rsp;

    private TinyGuest(IHostMemory memory, IVirtualMachine machine, GuestPhysicalAddress pageTables, ulong rsp, byte[] code)
    {
        _rsp = rsp;
        Machine = machine;
        Memory = memory.Allocate(0x4000);
        ReadOnly = memory.Allocate(0x1000);
        code.CopyTo(Memory.Slice(CodeOffset, code.Length));
        Machine.Start(pageTables);
        Machine.Map(0, new(CodeAddress), Memory, MemoryPermissions.Read | MemoryPermissions.Write | MemoryPermissions.Execute);
        Machine.Map(1, new(ReadOnlyAddress), ReadOnly, MemoryPermissions.Read | MemoryPermissions.Execute);
        Start();
    }

    public IVirtualMachine Machine { get; }

    /// <summary>Readable and writable memory at <see cref="CodeAddress"/>.</summary>
    public MappedMemory Memory { get; }

    /// <summary>One read-only page at <see cref="ReadOnlyAddress"/>.</summary>
    public MappedMemory ReadOnly { get; }

    /// <summary>Creates a guest with 16-bit code in real mode.</summary>
    public static TinyGuest RealMode(IHypervisor hypervisor, params byte[] code) =>
        new(hypervisor.Memory, Create(hypervisor, GuestLayouts.I686V13), default, 0x3000, code);

    /// <summary>Creates a guest with 32-bit code without paging.</summary>
    public static TinyGuest ProtectedMode(IHypervisor hypervisor, params byte[] code) =>
        new(hypervisor.Memory, Create(hypervisor, GuestLayouts.I686Flat), default, 0x5000, code);

    /// <summary>Creates a guest with 32-bit code and the first 4 MiB mapped to themselves in pages of 4 KiB.</summary>
    public static TinyGuest PagedProtectedMode(IHypervisor hypervisor, params byte[] code)
    {
        ulong tables = CodeAddress + TablesOffset;
        TinyGuest guest = new(hypervisor.Memory, Create(hypervisor, GuestLayouts.I686V15), new(tables), 0x5000, code);

        // The bits are present, writable and accessed.
        BinaryPrimitives.WriteUInt32LittleEndian(guest.Memory.Slice(TablesOffset, 4), (uint)(tables + 0x1000) | 0x23);
        for (uint page = 0; page < 1024; page++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(guest.Memory.Slice(TablesOffset + 0x1000 + (page * 4), 4), page << 12 | 0x23);
        }

        return guest;
    }

    /// <summary>Creates a guest with 64-bit code and the first 2 MiB mapped to themselves as one large page.</summary>
    public static TinyGuest LongMode(IHypervisor hypervisor, params byte[] code) => LongModeWith(hypervisor, [], code);

    /// <summary>Creates a guest as <see cref="LongMode"/> does, which may use some model-specific registers.</summary>
    public static TinyGuest LongModeWith(IHypervisor hypervisor, ImmutableArray<uint> allowedMsrs, params byte[] code) =>
        LongModeOn(hypervisor.CreateMachine(GuestLayouts.Amd64V16, allowedMsrs, hasInterrupts: false), hypervisor.Memory, code);

    /// <summary>Creates a guest as <see cref="LongMode"/> does, on a machine that the guest takes over.</summary>
    public static TinyGuest LongModeOn(IVirtualMachine machine, IHostMemory memory, params byte[] code)
    {
        TinyGuest guest = new(memory, machine, new(CodeAddress + TablesOffset), 0x5000, code);

        // The entries are present and writable. The last entry is a large page.
        ulong tables = CodeAddress + TablesOffset;
        BinaryPrimitives.WriteUInt64LittleEndian(guest.Memory.Slice(TablesOffset, 8), (tables + 0x1000) | 0x23);
        BinaryPrimitives.WriteUInt64LittleEndian(guest.Memory.Slice(TablesOffset + 0x1000, 8), (tables + 0x2000) | 0x23);
        BinaryPrimitives.WriteUInt64LittleEndian(guest.Memory.Slice(TablesOffset + 0x2000, 8), 0xE3);
        return guest;
    }

    /// <summary>
    /// Replaces the large page of <see cref="LongMode"/> by a table of small pages and makes them accessible to programs.
    /// </summary>
    public void UseTables(ulong table)
    {
        for (int offset = TablesOffset; offset < TablesOffset + 0x3000; offset += 0x1000)
        {
            Span<byte> entry = Memory.Slice((ulong)offset, sizeof(ulong));
            BinaryPrimitives.WriteUInt64LittleEndian(entry, BinaryPrimitives.ReadUInt64LittleEndian(entry) | 0x4);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(Memory.Slice(TablesOffset + 0x2000, sizeof(ulong)), table | 0x27);
    }

    /// <summary>Sets the instruction pointer to the first instruction.</summary>
    public void Start() => Machine.SetRegisters(new() { Rip = CodeAddress, Rsp = _rsp, Rflags = 2 });

    public void Dispose()
    {
        Machine.Dispose();
        Memory.Dispose();
        ReadOnly.Dispose();
    }

    private static IVirtualMachine Create(IHypervisor hypervisor, GuestLayout layout) =>
        hypervisor.CreateMachine(layout, allowedMsrs: [], hasInterrupts: false);
}
