using Hyperlight.Concurrency;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>
/// The machines that wait for the next sandboxes. Creating a machine takes most of the time of creating a sandbox, so the machines of
/// disposed sandboxes are kept, and while more and more sandboxes are alive the machine of the next one is made ahead, by another thread.
/// While at least one machine exists, KVM also keeps two settings, which it makes for the first machine and undoes after the
/// last machine: KVM turns virtualization on, and patches its own code for processors without a local APIC.
/// </summary>
/// <param name="maxCount">The greatest number of machines that are kept.</param>
/// <param name="create">Creates a machine.</param>
/// <param name="aside">Runs work on another thread, later; <c>null</c> if no machines are made ahead.</param>
internal sealed class IdleMachines(int maxCount, Func<MachineKind, BareMachine> create, Action<Action>? aside)
{
    private readonly SteadyLock _lock = new();

    // The machine that was kept last comes last: its memory is most likely in the caches of the processor.
    private readonly List<BareMachine> _machines = [];

    // The kinds of which no machine was kept when one was needed, once and more than once, and those of which one is being made.
    private readonly HashSet<MachineKind> _missed = [];
    private readonly HashSet<MachineKind> _scarce = [];
    private readonly HashSet<MachineKind> _inTheMaking = [];

    /// <summary>Takes the machine of a kind that was kept last, or creates one.</summary>
    /// <exception cref="HypervisorException">KVM refuses.</exception>
    public BareMachine Take(MachineKind kind)
    {
        if (TryTake(kind) is { } kept)
        {
            return kept;
        }

        using (_lock.Enter())
        {
            // A process with one sandbox at a time needs no machine ahead.
            if (!_missed.Add(kind))
            {
                _scarce.Add(kind);
            }
        }

        return create(kind);
    }

    /// <summary>Takes the machine of a kind that was kept last.</summary>
    /// <returns>The machine; <c>null</c> if no machine of this kind is kept.</returns>
    public BareMachine? TryTake(MachineKind kind)
    {
        using (_lock.Enter())
        {
            int place = _machines.FindLastIndex(machine => machine.Kind == kind);
            if (place < 0)
            {
                return null;
            }

            BareMachine machine = _machines[place];
            _machines.RemoveAt(place);
            return machine;
        }
    }

    /// <summary>Keeps a machine. If there are too many, the machine that was kept longest is disposed.</summary>
    public void Keep(BareMachine machine)
    {
        BareMachine? oldest = null;
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

    /// <summary>
    /// Begins to make a machine if none of the kind is kept and more than one sandbox has found none. To be called when a sandbox is
    /// complete: the kernel stops other changes to the memory of the process while it creates a machine.
    /// </summary>
    public void MakeAhead(MachineKind kind)
    {
        if (aside is null)
        {
            return;
        }

        using (_lock.Enter())
        {
            if (!_scarce.Contains(kind) || _machines.Exists(machine => machine.Kind == kind) || !_inTheMaking.Add(kind))
            {
                return;
            }
        }

        aside(() => Make(kind));
    }

    private void Make(MachineKind kind)
    {
        try
        {
            Keep(create(kind));
        }
        catch (HyperlightException)
        {
            // The next sandbox makes its machine itself, and reports what the kernel refuses.
        }
        finally
        {
            using (_lock.Enter())
            {
                _inTheMaking.Remove(kind);
            }
        }
    }
}
