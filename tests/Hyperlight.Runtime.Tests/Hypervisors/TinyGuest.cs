using System.Buffers.Binary;
using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Layouts;
using Hyperlight.Memory;

namespace Hyperlight.Runtime.Tests.Hypervisors;

/// <summary>A virtual machine with a few bytes of code and nothing of Hyperlight's protocol.</summary>
internal sealed class TinyGuest : IDisposable
{
    public const ulong CodeAddress = 0x1000;
    public const ulong ReadOnlyAddress = 0x6000;

    private const int CodeOffset = 0;
    private const int TablesOffset = 0x1000;

    private readonly ulong _rsp;

    private TinyGuest(GuestLayout layout, GuestPhysicalAddress pageTables, ulong rsp, MsrPolicy? msrs, byte[] code)
    {
        _rsp = rsp;
        Memory = Hypervisor.Chosen.Memory.Allocate(0x4000);
        ReadOnly = Hypervisor.Chosen.Memory.Allocate(0x1000);
        code.CopyTo(Memory.Slice(CodeOffset, code.Length));
        Machine = new(TestHypervisor.System, layout, msrs ?? MsrPolicy.For(TestHypervisor.System, []));
        Machine.Start(pageTables);
        Machine.Map(0, new(CodeAddress), Memory, MemoryPermissions.Read | MemoryPermissions.Write | MemoryPermissions.Execute);
        Machine.Map(1, new(ReadOnlyAddress), ReadOnly, MemoryPermissions.Read | MemoryPermissions.Execute);
        Start();
    }

    public KvmMachine Machine { get; }

    /// <summary>Readable and writable, at <see cref="CodeAddress"/>.</summary>
    public MappedMemory Memory { get; }

    /// <summary>One page, at <see cref="ReadOnlyAddress"/>.</summary>
    public MappedMemory ReadOnly { get; }

    /// <summary>16-bit code in real mode.</summary>
    public static TinyGuest RealMode(params byte[] code) => new(GuestLayouts.I686V13, default, 0x3000, null, code);

    /// <summary>32-bit code without paging.</summary>
    public static TinyGuest ProtectedMode(params byte[] code) => new(GuestLayouts.I686Flat, default, 0x5000, null, code);

    /// <summary>32-bit code with the first 4 MiB mapped to themselves, page by page.</summary>
    public static TinyGuest PagedProtectedMode(params byte[] code)
    {
        ulong tables = CodeAddress + TablesOffset;
        TinyGuest guest = new(GuestLayouts.I686V15, new(tables), 0x5000, null, code);

        // Present, writable, accessed.
        BinaryPrimitives.WriteUInt32LittleEndian(guest.Memory.Slice(TablesOffset, 4), (uint)(tables + 0x1000) | 0x23);
        for (uint page = 0; page < 1024; page++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(guest.Memory.Slice(TablesOffset + 0x1000 + (page * 4), 4), page << 12 | 0x23);
        }

        return guest;
    }

    /// <summary>64-bit code with the first 2 MiB mapped to themselves, as one large page.</summary>
    public static TinyGuest LongMode(params byte[] code) => LongModeWith(null, code);

    /// <summary>The same, with other model-specific registers.</summary>
    public static TinyGuest LongModeWith(MsrPolicy? msrs, params byte[] code)
    {
        TinyGuest guest = new(GuestLayouts.Amd64V16, new(CodeAddress + TablesOffset), 0x5000, msrs, code);

        // Present and writable; the last one is a large page.
        ulong tables = CodeAddress + TablesOffset;
        BinaryPrimitives.WriteUInt64LittleEndian(guest.Memory.Slice(TablesOffset, 8), (tables + 0x1000) | 0x23);
        BinaryPrimitives.WriteUInt64LittleEndian(guest.Memory.Slice(TablesOffset + 0x1000, 8), (tables + 0x2000) | 0x23);
        BinaryPrimitives.WriteUInt64LittleEndian(guest.Memory.Slice(TablesOffset + 0x2000, 8), 0xE3);
        return guest;
    }

    /// <summary>Replaces the large page of <see cref="LongMode"/> by a table of small ones, and lets programs use what it maps.</summary>
    public void UseTables(ulong table)
    {
        for (int offset = TablesOffset; offset < TablesOffset + 0x3000; offset += 0x1000)
        {
            Span<byte> entry = Memory.Slice((ulong)offset, sizeof(ulong));
            BinaryPrimitives.WriteUInt64LittleEndian(entry, BinaryPrimitives.ReadUInt64LittleEndian(entry) | 0x4);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(Memory.Slice(TablesOffset + 0x2000, sizeof(ulong)), table | 0x27);
    }

    /// <summary>Sets the processor to the first instruction.</summary>
    public void Start() => Machine.SetRegisters(new() { Rip = CodeAddress, Rsp = _rsp, Rflags = 2 });

    public void Dispose()
    {
        Machine.Dispose();
        Memory.Dispose();
        ReadOnly.Dispose();
    }
}
