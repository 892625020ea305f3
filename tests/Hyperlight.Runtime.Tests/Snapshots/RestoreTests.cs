using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Runtime.Tests.Hypervisors;

namespace Hyperlight.Runtime.Tests.Snapshots;

/// <summary>Tests the effects of a restore besides memory, and the state of a sandbox after a failed restore.</summary>
[Wine]
public class RestoreTests
{
    // mov ecx, 0x176; rdmsr; mov edx, 103; out dx, eax; mov eax, 'W'; xor edx, edx; wrmsr
    private static readonly byte[] PrintThenWriteMsr =
        [0xB9, 0x76, 0x01, 0, 0, 0x0F, 0x32, 0xBA, 0x67, 0, 0, 0, 0xEF, 0xB8, (byte)'W', 0, 0, 0, 0x31, 0xD2, 0x0F, 0x30];

    [KvmFact]
    public void The_first_call_after_a_restore_asks_the_guest_to_flush()
    {
        // mov eax, 'N'; jnz 1f; mov eax, 'Z'; 1: mov edx, 103; out dx, eax
        using TestGuest guest = TinyElf.Guest(0xB8, (byte)'N', 0, 0, 0, 0x75, 5, 0xB8, (byte)'Z', 0, 0, 0, 0xBA, 0x67, 0, 0, 0, 0xEF);
        using StringWriter printed = new();
        using Sandbox sandbox = guest.Start(options => options.DebugPrint = printed);
        Call(sandbox);
        using Snapshot snapshot = sandbox.TakeSnapshot();
        Call(sandbox);
        Assert.Equal("NN", printed.ToString());

        sandbox.Restore(snapshot);
        Call(sandbox);
        Call(sandbox);
        Assert.Equal("NNZN", printed.ToString());

        using Sandbox other = snapshot.CreateSandbox(options => options.DebugPrint = printed);
        Call(other);
        Call(other);
        Assert.Equal("NNZNZN", printed.ToString());
    }

    [KvmFact]
    public void A_model_specific_register_is_what_it_was()
    {
        using TestGuest guest = TinyElf.Guest(PrintThenWriteMsr);
        using StringWriter printed = new();
        using Sandbox sandbox = guest.Start(options =>
        {
            options.DebugPrint = printed;
            options.AllowedMsrs.Add(0x176);
        });
        using Snapshot snapshot = sandbox.TakeSnapshot();
        Call(sandbox);
        Call(sandbox);
        sandbox.Restore(snapshot);
        Call(sandbox);

        Assert.Equal(" W ", printed.ToString());
    }

    [KvmFact(Needs.Kvm)]
    public void A_model_specific_register_that_is_not_allowed_ends_the_call()
    {
        Assert.SkipUnless(TestHypervisor.Kvm.System.HasMsrFilter, "probe MsrFilter: KVM_CAP_X86_MSR_FILTER is not there");
        using TestGuest guest = TinyElf.Guest(PrintThenWriteMsr);
        using Sandbox sandbox = guest.Start();

        // The instruction causes #GP, and there is no interrupt table.
        Assert.Throws<GuestFaultException>(() => sandbox.Call("F"));
    }

    [KvmFact]
    public void More_model_specific_registers_than_KVM_can_filter_are_refused()
    {
        using TestGuest guest = new("misbehave");

        ArgumentException exception = Assert.Throws<ArgumentException>(() => guest.Start(
            options => options.AllowedMsrs.UnionWith(Enumerable.Range(1, 17).Select(index => (uint)index))));
        Assert.Contains("has 17 registers", exception.Message, StringComparison.Ordinal);
    }

    [KvmFact]
    public void A_sandbox_whose_memory_could_not_be_replaced_is_unrecoverable()
    {
        using TestGuest guest = new("misbehave");
        using Sandbox sandbox = guest.Start();
        using Snapshot good = sandbox.TakeSnapshot();
        using Snapshot bad = UnmappableMemory.InsteadOf(good);

        Assert.IsType<HypervisorException>(Assert.Throws<SandboxUnrecoverableException>(() => sandbox.Restore(bad)).InnerException);

        Assert.Equal(SandboxState.Unrecoverable, sandbox.State);
        Assert.Throws<SandboxUnrecoverableException>(() => sandbox.Restore(good));
        Assert.Throws<SandboxUnrecoverableException>(() => sandbox.TakeSnapshot());
        Assert.Throws<SandboxUnrecoverableException>(() => sandbox.Call("DataWord"));
        sandbox.Dispose();
        Assert.Equal(SandboxState.Disposed, sandbox.State);
        using Sandbox other = good.CreateSandbox();
        Assert.Equal(42, other.Call<int>("DataWord"));
    }

    private static void Call(Sandbox sandbox) => Assert.Throws<GuestProtocolException>(() => sandbox.Call("F"));
}
