using Hyperlight.Memory;

namespace Hyperlight.Hypervisors;

/// <summary>
/// A virtual machine with one processor. The machine does not own the memory that is mapped into it. One thread at a time may use the
/// machine, except that any thread may call <see cref="Cancel"/>.
/// </summary>
internal interface IVirtualMachine : IDisposable
{
    /// <summary>
    /// Gets how long the processor has run the guest, in ticks of <see cref="System.Diagnostics.Stopwatch"/>; 0 unless this is measured.
    /// </summary>
    long TicksInGuest { get; }

    /// <summary>
    /// Gets how often the guest's time-stamp counter ticks in a second; 0 if the hypervisor does not know. The counter goes on at the same
    /// speed whichever processor of the host runs the guest. A restore, or the use of the machine for another guest, may set the counter.
    /// </summary>
    ulong TscFrequency { get; }

    /// <summary>
    /// Gets whether an instruction whose write has caused an exit has ended, so that the instruction pointer leads behind the instruction
    /// or to where the instruction has jumped. Otherwise the instruction pointer leads to the instruction.
    /// </summary>
    bool EndsWrites { get; }

    /// <summary>Gets the interrupt line of the guest's timer; <c>null</c> if the guest has no interrupts.</summary>
    ISignal? TimerLine { get; }

    /// <summary>Gives the guest memory at a physical address.</summary>
    /// <param name="slot">
    /// The number of the piece of memory, less than <see cref="IHypervisor.MemorySlotCount"/>. No other piece has the number.
    /// </param>
    /// <param name="address">The physical address of the first byte.</param>
    /// <param name="memory">The host's memory, which must stay until the piece is unmapped or the machine is disposed.</param>
    /// <param name="permissions">The guest's permissions for the memory.</param>
    /// <exception cref="HypervisorException">The hypervisor refuses.</exception>
    void Map(uint slot, GuestPhysicalAddress address, MappedMemory memory, MemoryPermissions permissions);

    /// <summary>Takes a piece of memory away from the guest.</summary>
    /// <param name="slot">The number that the piece was mapped with.</param>
    /// <exception cref="HypervisorException">The hypervisor refuses.</exception>
    void Unmap(uint slot);

    /// <summary>Makes the processor ready for the first instruction of a guest. The general registers have to be set afterwards.</summary>
    /// <param name="pageTables">The root of the guest's first page tables; not used for guests that start without paging.</param>
    void Start(GuestPhysicalAddress pageTables);

    /// <summary>Gets the general registers at the last exit.</summary>
    GeneralRegisters GetRegisters();

    /// <summary>
    /// Sets the general registers for the next run. The registers may be set after <see cref="VirtualMachineExitKind.Out"/> too, although
    /// the hypervisor may complete the OUT only at the next run: an OUT changes no register.
    /// </summary>
    /// <param name="registers">The registers.</param>
    void SetRegisters(in GeneralRegisters registers);

    /// <summary>Sets the floating-point and vector registers to their values after a reset (amd64 sheet, section 4.3).</summary>
    void ResetFloatingPoint();

    /// <summary>Gets the registers that the processor keeps from call to call.</summary>
    ProcessorState GetState();

    /// <summary>
    /// Gives the processor a state, whatever a guest has done to the processor. Model-specific registers that the state does not have get
    /// their values after a reset. The general and the floating-point registers have to be set afterwards.
    /// </summary>
    /// <param name="state">The state.</param>
    /// <exception cref="HypervisorException">The processor cannot have the state.</exception>
    void SetState(ProcessorState state);

    /// <summary>
    /// Makes the hypervisor take a state at once. Without this call the next run would fail if the processor cannot have the state.
    /// </summary>
    /// <exception cref="HypervisorException">The processor cannot have the state.</exception>
    void Commit();

    /// <summary>Gets all registers that a debugger shows, as the last exit left them.</summary>
    ProcessorRegisters GetAllRegisters();

    /// <summary>
    /// Finishes the instruction of the last exit. Callers do so before they replace memory or registers, so that the instruction does not
    /// change the new memory or registers.
    /// </summary>
    void Settle();

    /// <summary>
    /// Sets what the processor does for a debugger in later runs. To be called before each step, and only if
    /// <see cref="IHypervisor.CheckDebugging"/> found nothing. A step whose instruction needs the host ends as usual, and the next run ends
    /// with <see cref="VirtualMachineExitKind.Debug"/> when the instruction is finished.
    /// </summary>
    /// <exception cref="HypervisorException">The hypervisor refuses.</exception>
    void SetDebugging(DebugMode mode);

    /// <summary>Lets the guest go on until something needs the host.</summary>
    /// <exception cref="HypervisorException">The hypervisor refuses.</exception>
    VirtualMachineExit Run();

    /// <summary>
    /// Answers the port read of the last exit with a one for each bit, as a bus without a device does. The next run gives the answer to the
    /// guest.
    /// </summary>
    void AnswerWithOnes();

    /// <summary>
    /// Stops the current run, and each later one until <see cref="ClearCancel"/>. Any thread may call this at any time before the machine
    /// is disposed.
    /// </summary>
    void Cancel();

    /// <summary>Takes back <see cref="Cancel"/>. To be called only between runs.</summary>
    void ClearCancel();
}
