using Hyperlight.Hypervisors;
using Hyperlight.Memory;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>Tests memory on the Windows backend, which tells code from data where KVM does not.</summary>
[Collection(nameof(Alone))]
public sealed class WhpMemoryAccessTests() : MemoryAccessTests(TestHypervisor.Whp), IWhpTests
{
    // mov eax, 0x8000; jmp rax
    private static readonly byte[] JumpTo8000 = [0xB8, 0, 0x80, 0, 0, 0xFF, 0xE0];

    [Fact]
    public void Code_where_there_is_no_memory_is_an_execute_access()
    {
        using TinyGuest guest = LongMode(JumpTo8000);

        Assert.Equal(VirtualMachineExit.MemoryAccess(new(0x8000), MemoryAccessKind.Execute), guest.Machine.Run());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Code_in_memory_for_data_does_not_run(bool isWritable)
    {
        using TinyGuest guest = LongMode(JumpTo8000);
        using MappedMemory memory = Tested.Memory.Allocate(0x1000);
        memory.Slice(0, 1)[0] = 0xF4;
        guest.Machine.Map(2, new(0x8000), memory, MemoryPermissions.Read | (isWritable ? MemoryPermissions.Write : 0));

        Assert.Equal(VirtualMachineExit.MemoryAccess(new(0x8000), MemoryAccessKind.Execute), guest.Machine.Run());
        guest.Machine.Unmap(2);
    }
}
