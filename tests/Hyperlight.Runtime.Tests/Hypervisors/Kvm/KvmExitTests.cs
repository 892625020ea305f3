using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;

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
    public void An_instruction_that_cannot_be_emulated_is_shown()
    {
        KvmRun run = new()
        {
            ExitReason = InternalError,
            InternalError = new() { Suberror = 1, DataCount = 4, Flags = InstructionIsThere, InstructionSize = 3 },
        };
        run.InternalError.Instruction[0] = 0x0F;
        run.InternalError.Instruction[1] = 0xAE;
        run.InternalError.Instruction[2] = 0x07;

        Assert.Contains("bytes 0fae07", Read(run), StringComparison.Ordinal);
    }

    [Fact]
    public void An_exit_of_another_kind_has_its_number() =>
        Assert.Contains("exit reason 35", Read(new() { ExitReason = 35 }), StringComparison.Ordinal);

    private static string Read(KvmRun run)
    {
        VirtualMachineExit exit = KvmExit.Read(&run);
        Assert.Equal(VirtualMachineExitKind.Unknown, exit.Kind);
        return exit.Text!;
    }
}
