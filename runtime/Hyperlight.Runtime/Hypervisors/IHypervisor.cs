using System.Collections.Immutable;
using Hyperlight.Memory;

namespace Hyperlight.Hypervisors;

/// <summary>
/// A hypervisor: tells whether the hypervisor can be used on this computer, and creates virtual machines. Members other than
/// <see cref="Name"/>, <see cref="Memory"/>, <see cref="Check"/> and <see cref="CreateSignal"/> throw a <see cref="HypervisorException"/>
/// where the hypervisor cannot be used. Any thread may use any member.
/// </summary>
internal interface IHypervisor
{
    /// <summary>Gets the name by which snapshots know the hypervisor, in lower case.</summary>
    string Name { get; }

    /// <summary>Gets the computer that snapshots are bound to.</summary>
    MachineIdentity Identity { get; }

    /// <summary>Gets the memory of the host, in the form that the hypervisor can map.</summary>
    IHostMemory Memory { get; }

    /// <summary>Gets how many pieces of memory a virtual machine can have at once. Their numbers begin at 0.</summary>
    uint MemorySlotCount { get; }

    /// <summary>Finds out why the hypervisor cannot be used. Each call checks again.</summary>
    /// <returns>
    /// HL5001 (not there), HL5002 (access denied), HL5003 (too old) or HL5004 (another failure); <c>null</c> if it can be used.
    /// </returns>
    Finding? Check();

    /// <summary>Finds out why the guests of the hypervisor cannot be debugged.</summary>
    /// <returns>HL5012; <c>null</c> if they can.</returns>
    Finding? CheckDebugging();

    /// <summary>Finds out whether a limit of the operating system keeps the process from ever having a number of sandboxes.</summary>
    /// <returns>HL5013; <c>null</c> if no limit is too low.</returns>
    Finding? CheckRoom(int sandboxes);

    /// <summary>Creates a signal for a thread that has to wait more exactly than for milliseconds. No signal has been given.</summary>
    /// <exception cref="HypervisorException">The operating system refuses.</exception>
    IWaitableSignal CreateSignal();

    /// <summary>Creates a virtual machine with one processor and without memory.</summary>
    /// <param name="layout">The layout of the guest, for the entry mode and the width of physical addresses.</param>
    /// <param name="allowedMsrs">The model-specific registers that the guest may use.</param>
    /// <param name="hasInterrupts">
    /// Whether the machine has interrupt controllers. If so, HLT waits for an interrupt and does not cause an exit.
    /// </param>
    /// <exception cref="HypervisorException">The hypervisor cannot be used, or it refuses.</exception>
    /// <exception cref="HyperlightException">The hypervisor cannot set back one of the allowed registers.</exception>
    IVirtualMachine CreateMachine(GuestLayout layout, ImmutableArray<uint> allowedMsrs, bool hasInterrupts);
}
