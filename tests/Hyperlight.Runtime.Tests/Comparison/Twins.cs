using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Hyperlight.Hypervisors;
using Hyperlight.Machine;
using Hyperlight.Memory;
using Hyperlight.Runtime.Tests.Hypervisors;

namespace Hyperlight.Runtime.Tests.Comparison;

/// <summary>Two sandboxes of one guest, one on KVM and one on the Windows backend, whose states must always be equal.</summary>
internal sealed partial class Twins : IDisposable
{
    // The size of an OUT with a port in the instruction and a prefix for the size of the operand, in bytes.
    private const ulong LongestOut = 3;

    // The bytes of an XSAVE area that tell which of its parts may have other values than after a reset (Intel SDM volume 1, section
    // 13.4.2). Both areas have the values of all parts, so the bytes may differ where a part has the values of a reset.
    private const int UsedParts = 512;

    /// <param name="start">Starts the sandbox on a hypervisor.</param>
    public Twins(Func<IHypervisor, Sandbox> start)
    {
        (IHypervisor kvm, IHypervisor whp) = (TestHypervisor.Kvm, TestHypervisor.Whp);
        OnKvm = start(kvm);
        OnWhp = start(whp);
    }

    /// <summary>Gets whether the memory is compared as well. A guest that draws other random numbers has other memory.</summary>
    public bool HaveSameMemory { get; init; } = true;

    public Sandbox OnKvm { get; }

    public Sandbox OnWhp { get; }

    /// <summary>
    /// Does the same in both sandboxes. The results must be equal, or the exceptions, and the states of the guests afterwards.
    /// </summary>
    /// <param name="name">The name of the act, for messages.</param>
    /// <param name="act">The act.</param>
    public void Do(string name, Func<Sandbox, object?> act)
    {
        Assert.Equal((name, Outcome(OnKvm, act)), (name, Outcome(OnWhp, act)));
        Assert.Equal((name, OnKvm.State), (name, OnWhp.State));
        AssertSame(name);
    }

    /// <summary>Sets both sandboxes back to a snapshot.</summary>
    public void Restore(Snapshot snapshot)
    {
        OnKvm.Restore(snapshot);
        OnWhp.Restore(snapshot);
        AssertSame("a restore");
    }

    /// <summary>Compares registers and memory of the guests.</summary>
    /// <param name="name">The name of what was done before, for messages.</param>
    public void AssertSame(string name)
    {
        (IVirtualMachine kvm, IVirtualMachine whp) = (VirtualOf(MachineOf(OnKvm)), VirtualOf(MachineOf(OnWhp)));
        if (OnKvm.State == SandboxState.Ready)
        {
            AssertSame(name, kvm.GetState(), whp.GetState());
        }

        if (HaveSameMemory)
        {
            AssertSame(name, kvm.GetAllRegisters(), whp.GetAllRegisters());
            AssertSame(name, MemoryOf(MachineOf(OnKvm)), MemoryOf(MachineOf(OnWhp)));
        }
    }

    public void Dispose()
    {
        OnKvm?.Dispose();
        OnWhp?.Dispose();
    }

    private static object? Outcome(Sandbox sandbox, Func<Sandbox, object?> act)
    {
        try
        {
            return act(sandbox) switch
            {
                byte[] bytes => Convert.ToHexString(bytes),
                var other => other,
            };
        }
        catch (Exception exception) when (exception is HyperlightException or TimeoutException)
        {
            return $"{exception.GetType().Name}: {AddressAfterOut().Replace(exception.Message, "$1")}";
        }
    }

    private static void AssertSame(string name, ProcessorState kvm, ProcessorState whp)
    {
        Assert.Equal(("kvm", "whp"), (kvm.Hypervisor, whp.Hypervisor));
        Assert.Equal(kvm.Machine, whp.Machine);
        Assert.Equal((name, kvm.Special), (name, whp.Special));
        Assert.Equal((name, kvm.ExtendedControl), (name, whp.ExtendedControl));
        Assert.Null(kvm.Interrupts);

        // A KVM without a filter for model-specific registers keeps more of them.
        Assert.Subset(new HashSet<ModelSpecificRegister>(kvm.Msrs), new HashSet<ModelSpecificRegister>(whp.Msrs));
    }

    private static void AssertSame(string name, ProcessorRegisters kvm, ProcessorRegisters whp)
    {
        Assert.Equal((name, kvm.Special), (name, whp.Special));
        Assert.Equal((name, kvm.ExtendedControl), (name, whp.ExtendedControl));
        kvm.Extended.AsSpan(UsedParts, sizeof(ulong)).Clear();
        whp.Extended.AsSpan(UsedParts, sizeof(ulong)).Clear();
        Assert.Equal((name, Convert.ToHexString(kvm.Extended)), (name, Convert.ToHexString(whp.Extended)));

        // KVM may step over an OUT only at the next entry.
        (GeneralRegisters left, GeneralRegisters right) = (kvm.General, whp.General);
        Assert.InRange(right.Rip - left.Rip, 0UL, LongestOut);
        left.Rip = right.Rip;
        Assert.Equal(
            MemoryMarshal.Cast<GeneralRegisters, ulong>([left]).ToArray(), MemoryMarshal.Cast<GeneralRegisters, ulong>([right]).ToArray());
    }

    private static void AssertSame(string name, GuestMemory kvm, GuestMemory whp)
    {
        Assert.Equal(kvm.Layers.Select(layer => (layer.Gpa, layer.Shared.Memory.Size)), whp.Layers.Select(
            layer => (layer.Gpa, layer.Shared.Memory.Size)));
        foreach ((MemoryLayer left, MemoryLayer right) in kvm.Layers.Zip(whp.Layers))
        {
            AssertSame($"{name}: the layer at {left.Gpa}", left.Shared.Memory, right.Shared.Memory);
        }

        AssertSame($"{name}: scratch", kvm.Scratch, whp.Scratch);
    }

    private static void AssertSame(string name, MappedMemory kvm, MappedMemory whp)
    {
        Assert.Equal((name, kvm.Size), (name, whp.Size));
        ReadOnlySpan<byte> left = kvm.Slice(0, (int)kvm.Size), right = whp.Slice(0, (int)whp.Size);
        int same = left.CommonPrefixLength(right);
        Assert.True(
            same == left.Length,
            $"after {name}: byte 0x{same:X} is 0x{(same < left.Length ? left[same] : 0):X} on KVM and "
            + $"0x{(same < left.Length ? right[same] : 0):X} on WHP");
    }

    // The address at the exit of an OUT: KVM may step over the OUT only at the next entry.
    [GeneratedRegex("( to port [0-9]+) at RIP 0x[0-9A-F]+")]
    private static partial Regex AddressAfterOut();

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_machine")]
    private static extern ref GuestMachine MachineOf(Sandbox sandbox);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_virtual")]
    private static extern ref IVirtualMachine VirtualOf(GuestMachine machine);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_memory")]
    private static extern ref GuestMemory MemoryOf(GuestMachine machine);
}
