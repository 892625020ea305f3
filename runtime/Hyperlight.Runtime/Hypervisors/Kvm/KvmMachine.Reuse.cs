namespace Hyperlight.Hypervisors.Kvm;

// The end of a machine. If its guest was waiting for the host, the machine is set back to the state of a new one, as a restore does it, and
// kept for the next sandbox. If its guest has crashed or was stopped, the machine is closed.
internal sealed partial class KvmMachine
{
    // A machine with more pieces of memory is closed, because unmapping one piece takes about a fifth of the time that creating a machine
    // takes.
    private const int MostPiecesToUnmap = 4;

    // The kind of machine as which this machine can be used next; null if this machine must be closed.
    private readonly MachineKind? _kind;

    // How long the processor has run the guests of earlier sandboxes.
    private readonly long _ticksBefore;

    private bool _isDisposed;

    /// <inheritdoc/>
    public void Dispose()
    {
        // If a machine were kept twice, two sandboxes would get it.
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        if (_kind is not null && _isWaiting && _mapped.Count <= MostPiecesToUnmap && TryRenew())
        {
            _system.Idle.Keep(new(_kind, _machine, _processor, _msrs));
        }
        else
        {
            Close();
        }
    }

    private void Close()
    {
        _processor?.Dispose();
        _machine.Dispose();
        _timerLine?.Dispose();
    }

    /// <summary>Takes all memory away and sets the processor back to the state of a new one.</summary>
    /// <returns><c>true</c> if KVM did everything; <c>false</c> if the machine must not be used again.</returns>
    private bool TryRenew()
    {
        try
        {
            foreach (uint slot in _mapped.ToArray())
            {
                Unmap(slot);
            }

            _processor.ClearCancel();
            _processor.SetDebugging(DebugMode.Off);
            if (!_isNew)
            {
                SetState(new(_system.Identity, KvmSystem.Name, EntryState.For(_entryMode, pageTables: default), ResetValues.Xcr0, []));
                _processor.Commit();
                ResetFloatingPoint();
            }

            return true;
        }
        catch (HypervisorException)
        {
            return false;
        }
    }
}
