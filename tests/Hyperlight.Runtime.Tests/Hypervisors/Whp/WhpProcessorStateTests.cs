using Hyperlight.Hypervisors;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>Tests the state of processors of the Windows backend, which has no filter of model-specific registers.</summary>
[Collection(nameof(Alone))]
public sealed class WhpProcessorStateTests() : ProcessorStateTests(TestHypervisor.Whp), IWhpTests
{
    private const int ReadAt = 0x40;

    /// <summary>Each row has a register of the whp sheet, section 10, and the two halves of a value that the register can have.</summary>
    public static TheoryData<string, uint, uint, uint> Registers => new()
    {
        { "SYSENTER_CS", 0x174, 0x1234, 0 },
        { "SYSENTER_ESP", 0x175, 0x1234, 0 },
        { "SYSENTER_EIP", 0x176, 0x1234, 0 },
        { "MTRR_PHYSBASE0", 0x200, 0x1000, 0 },
        { "MTRR_FIX4K_C0000", 0x268, 0x0606_0606, 0x0606_0606 },
        { "PAT", 0x277, 0x0606_0606, 0x0606_0606 },
        { "STAR", 0xC000_0081, 0, 0x1234 },
        { "LSTAR", 0xC000_0082, 0x1234, 0 },
        { "CSTAR", 0xC000_0083, 0x1234, 0 },
        { "SFMASK", 0xC000_0084, 0x1234, 0 },
        { "KERNEL_GS_BASE", 0xC000_0102, 0x1234, 0 },
        { "TSC_AUX", 0xC000_0103, 0x1234, 0 },
    };

    [Theory]
    [MemberData(nameof(Registers))]
    public void A_register_that_is_not_allowed_is_set_back_all_the_same(string name, uint index, uint low, uint high)
    {
        // mov ecx, index; rdmsr; out 0x10, eax; mov eax, edx; out 0x10, eax
        byte[] select = [0xB9, .. BitConverter.GetBytes(index)];
        byte[] read = [.. select, 0x0F, 0x32, 0xE7, 0x10, 0x89, 0xD0, 0xE7, 0x10, 0xF4];

        // mov eax, low; mov edx, high; mov ecx, index; wrmsr; hlt
        byte[] write =
            [0xB8, .. BitConverter.GetBytes(low), 0xBA, .. BitConverter.GetBytes(high), .. select, 0x0F, 0x30, 0xF4];
        using TinyGuest guest = LongMode([.. write, .. new byte[ReadAt - write.Length], .. read]);
        ProcessorState before = guest.Machine.GetState();
        (uint, uint) initial = Read(guest);
        guest.Start();
        VirtualMachineExit exit = guest.Machine.Run();
        Assert.SkipUnless(exit == VirtualMachineExit.Halt, $"probe Msr: a guest cannot write {name} here, it ended with {exit.Kind}");
        Assert.Equal((low, high), Read(guest));

        guest.Machine.Settle();
        guest.Machine.SetState(before);

        Assert.Equal(initial, Read(guest));
        Assert.NotEqual((low, high), initial);
    }

    private static (uint Low, uint High) Read(TinyGuest guest)
    {
        guest.Machine.SetRegisters(new() { Rip = TinyGuest.CodeAddress + ReadAt, Rflags = 2 });
        return (guest.Machine.Run().Value, guest.Machine.Run().Value);
    }
}
