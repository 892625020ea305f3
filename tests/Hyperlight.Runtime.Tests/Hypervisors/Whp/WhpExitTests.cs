using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Whp;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>Tests the translation of exits that no guest can cause at will (whp sheet, section 8). No test needs a hypervisor.</summary>
public class WhpExitTests
{
    private const uint Write = 1;
    private const uint String = 1 << 4;
    private const ulong Rax = 0x1122_3344_5566_7788;

    // The bits of the execution state and of the attributes of CS for 64-bit code.
    private const ushort LongMode = 1 << 4;
    private const ushort LongCode = 1 << 13;

    [Theory]
    [InlineData(1, 0x88u)]
    [InlineData(2, 0x7788u)]
    [InlineData(4, 0x5566_7788u)]
    public void The_value_of_an_OUT_is_the_low_part_of_RAX(byte size, uint value) =>
        Assert.Equal(VirtualMachineExit.Out(0x3F8, value, size), WhpExit.Read(Port(size, Write)));

    [Theory]
    [InlineData(1, 0x1122_3344_5566_77FF)]
    [InlineData(2, 0x1122_3344_5566_FFFF)]
    [InlineData(4, 0x0000_0000_FFFF_FFFF)]
    public void The_answer_to_an_IN_keeps_what_the_instruction_keeps(byte size, ulong rax)
    {
        Assert.Equal(VirtualMachineExit.In(0x3F8, size), WhpExit.Read(Port(size, 0)));
        Assert.Equal(rax, WhpExit.AnswerWithOnes(Port(size, 0)));
    }

    [Theory]
    [InlineData(Write | String, "wrote to port 1016 with a string instruction (OUTS)")]
    [InlineData(String, "read port 1016 with a string instruction (INS)")]
    public void A_string_instruction_is_refused(uint access, string text) => AssertUnknown(Port(1, access), text);

    [Theory]
    [InlineData(3, 1)]
    [InlineData(8, 1)]
    [InlineData(1, 0)]
    public void An_impossible_access_to_a_port_is_an_unknown_exit(byte size, byte length) =>
        AssertUnknown(Port(size, Write) with { InstructionLengthAndCr8 = length }, "port 1016");

    [Theory]
    [InlineData(0, MemoryAccessKind.Read)]
    [InlineData(1, MemoryAccessKind.Write)]
    [InlineData(2, MemoryAccessKind.Execute)]
    public void An_access_to_memory_has_its_kind(uint type, MemoryAccessKind kind)
    {
        // Bits 2 and 3 say that the address has no memory, and that the virtual address is known.
        WhpExitContext context = new() { Reason = WhpExitReason.MemoryAccess, AccessInfo = type | 0b1100, GuestAddress = 0xF_FFFF_F000 };

        Assert.Equal(VirtualMachineExit.MemoryAccess(new(0xF_FFFF_F000), kind), WhpExit.Read(context));
    }

    [Fact]
    public void Other_reasons_are_told_with_their_numbers()
    {
        AssertUnknown(new() { Reason = (WhpExitReason)0x1003 }, "0x1003");
        AssertUnknown(new() { Reason = WhpExitReason.MemoryAccess, AccessInfo = 3 }, "0x1");
        AssertUnknown(
            new() { Reason = WhpExitReason.UnsupportedFeature, UnsupportedFeature = 7, UnsupportedFeatureParameter = 0xABC },
            "feature 7, parameter 0xABC");
        AssertUnknown(new() { Reason = WhpExitReason.InvalidRegisterValue, Rip = 0x1234 }, "RIP is 0x1234");
    }

    [Fact]
    public void A_triple_fault_is_a_shutdown() =>
        Assert.Equal(VirtualMachineExit.Shutdown, WhpExit.Read(new() { Reason = WhpExitReason.UnrecoverableException }));

    /// <summary>The low four bits are the length, the high ones CR8. Only 64-bit code has addresses above 4 GiB.</summary>
    [Theory]
    [InlineData(LongMode, LongCode, 0x1_0000_0001)]
    [InlineData(LongMode, 0, 1)]
    [InlineData(0, LongCode, 1)]
    public void The_next_instruction_begins_behind_the_last(ushort state, ushort attributes, ulong next) => Assert.Equal(
        next,
        new WhpExitContext
        {
            Rip = 0xFFFF_FFFF,
            InstructionLengthAndCr8 = 0xF2,
            ExecutionState = state,
            Cs = new() { Attributes = attributes },
        }.NextRip);

    private static WhpExitContext Port(byte size, uint access) => new()
    {
        Reason = WhpExitReason.PortAccess,
        InstructionLengthAndCr8 = 1,
        AccessInfo = access | (uint)size << 1,
        Port = 0x3F8,
        Rax = Rax,
    };

    private static void AssertUnknown(in WhpExitContext context, string text)
    {
        VirtualMachineExit exit = WhpExit.Read(context);

        Assert.Equal(VirtualMachineExitKind.Unknown, exit.Kind);
        Assert.Contains(text, exit.Text, StringComparison.Ordinal);
    }
}
