using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Kvm;

// The registers other than the general registers: a snapshot keeps them, and a restore sets them.
internal sealed unsafe partial class KvmVcpu
{
    // struct kvm_xsave.
    private const int XsaveSize = 4096;

    // The area is the same for all processors.
    private static readonly byte[] FloatingPointAfterReset = WriteFloatingPointAfterReset();

    // Whether the floating-point registers have their values after a reset, because no guest has run since.
    private bool _isFloatingPointReset = true;

    // struct kvm_lapic_state.
    private const int LocalApicSize = 1024;

    /// <summary>
    /// Gets the segment, table and control registers: those of the next entry if they have been set, otherwise the result of
    /// <c>KVM_GET_SREGS</c>.
    /// </summary>
    public KvmSpecialRegisters GetSpecialRegisters()
    {
        if (IsReset)
        {
            return _run->SpecialRegisters;
        }

        KvmSpecialRegisters registers;
        KvmIoctl.Require(_descriptor, KvmIoctl.GetSregs, &registers, "KVM_GET_SREGS");
        return registers;
    }

    /// <summary>
    /// <c>KVM_SET_XSAVE</c>: sets the x87, SSE and wider vector registers to their values after a reset. Unlike <c>KVM_SET_FPU</c>, this
    /// request covers MXCSR. Nothing is done if no guest has run since the last reset, or since the processor was created.
    /// </summary>
    public void ResetFloatingPoint()
    {
        if (_isFloatingPointReset)
        {
            return;
        }

        fixed (byte* area = FloatingPointAfterReset)
        {
            KvmIoctl.Require(_descriptor, KvmIoctl.SetXsave, area, "KVM_SET_XSAVE");
        }

        _isFloatingPointReset = true;
    }

    /// <summary><c>KVM_GET_XSAVE</c>: gets the x87, SSE and wider vector registers, as XSAVE stores them in the standard format.</summary>
    public byte[] GetFloatingPoint()
    {
        byte[] area = new byte[XsaveSize];
        fixed (byte* start = area)
        {
            KvmIoctl.Require(_descriptor, KvmIoctl.GetXsave, start, "KVM_GET_XSAVE");
        }

        return area;
    }

    /// <summary>
    /// <c>KVM_GET_TSC_KHZ</c>: gets how often the time-stamp counter ticks in a second. The result is 0 if the host's own counter has no
    /// constant speed, in which case KVM refuses the request.
    /// </summary>
    public ulong GetTscFrequency() => (ulong)Math.Max(KvmIoctl.Call(_descriptor, KvmIoctl.GetTscKhz, 0), 0) * 1000;

    /// <summary><c>KVM_GET_XCRS</c>: gets XCR0, which tells what XSAVE covers and whether AVX can be used.</summary>
    public ulong GetExtendedControl()
    {
        KvmExtendedControlRegisters registers;
        KvmIoctl.Require(_descriptor, KvmIoctl.GetXcrs, &registers, "KVM_GET_XCRS");
        return registers.Value;
    }

    /// <summary><c>KVM_SET_XCRS</c>: sets XCR0.</summary>
    public void SetExtendedControl(ulong value)
    {
        KvmExtendedControlRegisters registers = new() { Count = 1, Number = 0, Value = value };
        KvmIoctl.Require(_descriptor, KvmIoctl.SetXcrs, &registers, "KVM_SET_XCRS");
    }

    /// <summary><c>KVM_SET_DEBUGREGS</c>: sets the debug registers to their values after a reset, without breakpoints.</summary>
    public void ResetDebugRegisters()
    {
        KvmDebugRegisters registers = new() { Dr6 = ResetValues.Dr6, Dr7 = ResetValues.Dr7 };
        KvmIoctl.Require(_descriptor, KvmIoctl.SetDebugregs, &registers, "KVM_SET_DEBUGREGS");
    }

    /// <summary><c>KVM_GET_LAPIC</c>: gets the registers of the local APIC.</summary>
    public byte[] GetLocalApic()
    {
        byte[] registers = new byte[LocalApicSize];
        fixed (byte* start = registers)
        {
            KvmIoctl.Require(_descriptor, KvmIoctl.GetLapic, start, "KVM_GET_LAPIC");
        }

        return registers;
    }

    /// <summary>
    /// <c>KVM_SET_LAPIC</c>: sets the registers of the local APIC, which <see cref="GetLocalApic"/> returned. To be called after the
    /// special registers have been set.
    /// </summary>
    public void SetLocalApic(ReadOnlySpan<byte> registers)
    {
        byte* area = stackalloc byte[LocalApicSize];
        registers.CopyTo(new Span<byte>(area, LocalApicSize));
        KvmIoctl.Require(_descriptor, KvmIoctl.SetLapic, area, "KVM_SET_LAPIC");
    }

    /// <summary><c>KVM_SET_MP_STATE</c>: makes a processor runnable that waits for an interrupt in a HLT.</summary>
    public void SetRunnable()
    {
        uint runnable = 0;
        KvmIoctl.Require(_descriptor, KvmIoctl.SetMpState, &runnable, "KVM_SET_MP_STATE");
    }

    /// <summary><c>KVM_GET_MSRS</c>: reads model-specific registers. KVM stops at the first register that it cannot read.</summary>
    /// <param name="registers">The registers, with their indices; receives the values.</param>
    /// <returns>How many registers were read.</returns>
    public int GetMsrs(Span<KvmMsrEntry> registers) => ExchangeMsrs(KvmIoctl.GetMsrs, "KVM_GET_MSRS", registers);

    /// <summary><c>KVM_SET_MSRS</c>: writes model-specific registers. KVM stops at the first register that it cannot write.</summary>
    /// <param name="registers">The registers, with their indices and values.</param>
    /// <returns>How many registers were written.</returns>
    public int SetMsrs(Span<KvmMsrEntry> registers) => ExchangeMsrs(KvmIoctl.SetMsrs, "KVM_SET_MSRS", registers);

    private int ExchangeMsrs(uint request, string name, Span<KvmMsrEntry> registers)
    {
        if (registers.IsEmpty)
        {
            return 0;
        }

        // struct kvm_msrs: the number of entries, padding, the entries.
        const int Header = sizeof(ulong);
        const int OnStack = 512;
        int size = Header + (registers.Length * sizeof(KvmMsrEntry));
        Span<byte> buffer = size <= OnStack ? stackalloc byte[size] : new byte[size];
        Span<byte> entries = buffer[Header..];
        MemoryMarshal.AsBytes(registers).CopyTo(entries);
        fixed (byte* start = buffer)
        {
            *(uint*)start = (uint)registers.Length;
            int done = KvmIoctl.Require(_descriptor, request, (nuint)start, name);
            entries.CopyTo(MemoryMarshal.AsBytes(registers));
            return done;
        }
    }

    // struct kvm_xsave: the legacy area, then the header. The first word of the header tells which parts the area has; KVM resets all other
    // parts.
    private static byte[] WriteFloatingPointAfterReset()
    {
        const int ControlWord = 0;
        const int Mxcsr = 24;
        const int Header = 512;

        byte[] area = new byte[XsaveSize];
        BinaryPrimitives.WriteUInt16LittleEndian(area.AsSpan(ControlWord), ResetValues.FloatingPointControl);
        BinaryPrimitives.WriteUInt32LittleEndian(area.AsSpan(Mxcsr), ResetValues.Mxcsr);
        BinaryPrimitives.WriteUInt64LittleEndian(area.AsSpan(Header), ControlBits.Xcr0X87 | ControlBits.Xcr0Sse);
        return area;
    }
}
