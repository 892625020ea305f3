using Hyperlight.Concurrency;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>
/// The machines of disposed sandboxes, kept for the next sandboxes. Creating a machine takes most of the time of creating a sandbox. While
/// at least one machine exists, KVM also keeps two settings, which it makes for the first machine and undoes after the last machine: KVM
/// turns virtualization on, and patches its own code for processors without a local APIC.
/// </summary>
/// <param name="maxCount">The greatest number of machines that are kept.</param>
internal sealed class IdleMachines(int maxCount)
{
    private readonly SteadyLock _lock = new();

    // The machine that was kept last comes last: its memory is most likely in the caches of the processor.
    private readonly List<IdleMachine> _machines = [];

    /// <summary>Takes the machine of a kind that was kept last.</summary>
    /// <returns>The machine; <c>null</c> if no machine of this kind is kept.</returns>
    public IdleMachine? Take(MachineKind kind)
    {
        using (_lock.Enter())
        {
            int place = _machines.FindLastIndex(machine => machine.Kind == kind);
            if (place < 0)
            {
                return null;
            }

            IdleMachine machine = _machines[place];
            _machines.RemoveAt(place);
            return machine;
        }
    }

    /// <summary>Keeps a machine. If there are too many, the machine that was kept longest is disposed.</summary>
    public void Keep(IdleMachine machine)
    {
        IdleMachine? oldest = null;
        using (_lock.Enter())
        {
            if (_machines.Count == maxCount)
            {
                oldest = _machines[0];
                _machines.RemoveAt(0);
            }

            _machines.Add(machine);
        }

        oldest?.Dispose();
    }
}
