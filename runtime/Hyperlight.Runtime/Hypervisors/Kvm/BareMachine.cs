using Hyperlight.Layouts;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>A virtual machine without memory, whose processor is in the state of a new one.</summary>
/// <param name="Kind">The properties of the machine that cannot be changed.</param>
/// <param name="Vm">The machine.</param>
/// <param name="Processor">The processor of the machine.</param>
/// <param name="Msrs">The model-specific registers that a guest can change, with their values.</param>
/// <param name="TimerLine">The line of the timer; <c>null</c> if the machine has no interrupt controllers.</param>
internal sealed record BareMachine(MachineKind Kind, KvmVm Vm, KvmVcpu Processor, KvmMsrEntry[] Msrs, EventDescriptor? TimerLine)
    : IDisposable
{
    /// <summary>Creates a machine.</summary>
    /// <param name="system">The host's KVM.</param>
    /// <param name="kind">The properties of the machine that cannot be changed.</param>
    /// <param name="msrs">The model-specific registers that the guest may use.</param>
    /// <param name="hasInterrupts">Whether the machine has interrupt controllers.</param>
    /// <exception cref="HypervisorException">KVM refuses.</exception>
    /// <exception cref="HyperlightException">KVM cannot set back one of the allowed registers.</exception>
    public static BareMachine Create(KvmSystem system, MachineKind kind, MsrPolicy msrs, bool hasInterrupts)
    {
        KvmVm vm = system.CreateVirtualMachine();
        EventDescriptor? timerLine = null;
        KvmVcpu? processor = null;
        try
        {
            if (kind.HasOwnPages)
            {
                // The first page is for the identity map, the others are for the task state segment.
                GuestPhysicalAddress pages = GuestLayouts.HypervisorPages.Addresses.Start;
                vm.SetIdentityMapAddress(pages);
                vm.SetTssAddress(pages + GuestLayout.PageSize);
            }

            if (msrs.IsFiltered)
            {
                vm.SetMsrFilter(msrs.Allowed.AsSpan());
            }

            timerLine = hasInterrupts ? CreateInterruptControllers(system, vm) : null;
            processor = vm.CreateVcpu(system);
            if (system.CanEnforceParavirtualCpuid)
            {
                processor.EnforceParavirtualCpuid();
            }

            processor.SetCpuid(system.Cpuid(kind.PhysicalAddressBits));
            KvmMsrEntry[] initial = msrs.DeniesAll ? system.InitialMsrs ??= msrs.ReadInitial(processor) : msrs.ReadInitial(processor);
            return new(kind, vm, processor, initial, timerLine);
        }
        catch
        {
            Close(vm, processor, timerLine);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Close(Vm, Processor, TimerLine);

    private static void Close(KvmVm vm, KvmVcpu? processor, EventDescriptor? timerLine)
    {
        processor?.Dispose();
        vm.Dispose();
        timerLine?.Dispose();
    }

    private static EventDescriptor CreateInterruptControllers(KvmSystem system, KvmVm vm)
    {
        if (system.CheckInterrupts() is { } finding)
        {
            throw new HypervisorException(finding);
        }

        vm.CreateInterruptControllers();
        EventDescriptor line = new();
        try
        {
            vm.AssignTimerLine(line.Handle);
            return line;
        }
        catch
        {
            line.Dispose();
            throw;
        }
    }
}
