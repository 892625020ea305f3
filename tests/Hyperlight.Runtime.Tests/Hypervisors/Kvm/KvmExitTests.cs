using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Hypervisors.Kvm;

/// <summary>
/// Tests exits that end a processor (i686 sheet, section 6.5): the raw reason reaches the caller. The numbers are those of linux/kvm.h.
/// </summary>
public unsafe class KvmExitTests
{
    private const uint FailEntry = 9;
    private const uint InternalError = 17;
    private const ulong InstructionIsThere = 1;

    [Fact]
    public void An_entry_that_the_processor_refuses_has_its_reason() =>
        Assert.Contains(
            "hardware reason 0x80000021", Read(new() { ExitReason = FailEntry, HardwareReason = 0x8000_0021 }), StringComparison.Ordinal);

    [Theory]
    [InlineData(2u, "suberror 2")] // KVM_INTERNAL_ERROR_SIMUL_EX
    [InlineData(4u, "suberror 4")] // KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON
    public void An_internal_error_has_its_number(uint suberror, string text) =>
        Assert.Contains(
            text, Read(new() { ExitReason = InternalError, InternalError = new() { Suberror = suberror } }), StringComparison.Ordinal);

    [Fact]
    public void An_instruction_that_cannot_be_emulated_is_shown() =>
        Assert.Contains("bytes 0fae07", Read(Emulation("0fae07")), StringComparison.Ordinal);

    [Theory]
    [InlineData("0f57c0b042e610", "xorps xmm0, xmm0; mov al, 0x42; out 0x10, al")]
    [InlineData("660fefc0", "pxor xmm0, xmm0")]
    [InlineData("66480f6ec0", "movq xmm0, rax")]
    [InlineData("f2480f2ac0", "cvtsi2sd xmm0, rax")]
    [InlineData("66450f3800c1", "pshufb xmm8, xmm9")]
    [InlineData("660f3a0fc108", "palignr xmm0, xmm1, 8")]
    public void An_sse_instruction_of_registers_shows_that_kvm_interprets(string bytes, string code)
    {
        KvmRun run = Emulation(bytes);
        VirtualMachineExit exit = KvmExit.Read(&run);

        Assert.True(exit.Kind == VirtualMachineExitKind.NotInterpreted, code);
        Assert.Equal($"KVM cannot emulate the instruction at RIP (bytes {bytes})", exit.Text);
    }

    /// <summary>A processor leaves an instruction that touches memory to KVM where the guest has no memory.</summary>
    [Theory]
    [InlineData("0f5800", "addps xmm0, [rax]")]
    [InlineData("660f3a0f0008", "palignr xmm0, [rax], 8")]
    [InlineData("0f01d1", "xsetbv")]
    [InlineData("0fa2", "cpuid")]
    [InlineData("0f0b", "ud2")]
    [InlineData("0f77", "emms")]
    [InlineData("0f20c0", "mov eax, cr0")]
    [InlineData("d9c0", "fld st0")]
    [InlineData("6666666666", "prefixes only")]
    [InlineData("0f", "a cut instruction")]
    [InlineData("0f57", "a cut instruction")]
    [InlineData("0f38c0", "a cut instruction")]
    public void Another_instruction_does_not_show_it(string bytes, string code) =>
        Assert.True(Read(Emulation(bytes)).Contains($"bytes {bytes}", StringComparison.Ordinal), code);

    [KvmFact(Needs.Kvm)]
    public void An_sse_instruction_that_kvm_does_not_interpret_is_HL5008()
    {
        Assert.SkipWhen(Probes.Missing(Needs.Sse) is null, "probe Sse: the processor of this machine runs the instruction");
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();

        // xorps xmm0, xmm0; ret
        GuestFaultException fault = Assert.Throws<GuestFaultException>(
            () => sandbox.Call("Execute", (byte[])[0x0F, 0x57, 0xC0, 0xC3]));

        Assert.Equal("HL5008", fault.Finding?.Rule.Code);
        Assert.Matches(
            "^HL5008: the guest cannot go on at RIP 0x[0-9A-F]+: KVM cannot emulate the instruction at RIP .bytes 0f57c0",
            fault.Message);
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
        sandbox.Restore(snapshot);
        Assert.Equal(42, sandbox.Call<int>("DataWord"));
    }

    [Fact]
    public void An_exit_of_another_kind_has_its_number() =>
        Assert.Contains("exit reason 35", Read(new() { ExitReason = 35 }), StringComparison.Ordinal);

    private static KvmRun Emulation(string bytes)
    {
        byte[] instruction = Convert.FromHexString(bytes);
        KvmRun run = new()
        {
            ExitReason = InternalError,
            InternalError =
                new() { Suberror = 1, DataCount = 4, Flags = InstructionIsThere, InstructionSize = (byte)instruction.Length },
        };
        instruction.CopyTo(run.InternalError.Instruction);
        return run;
    }

    private static string Read(KvmRun run)
    {
        VirtualMachineExit exit = KvmExit.Read(&run);
        Assert.Equal(VirtualMachineExitKind.Unknown, exit.Kind);
        return exit.Text!;
    }
}
