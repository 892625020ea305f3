namespace Hyperlight.Hypervisors.Kvm;

// What becomes of a machine whose sandbox is disposed. One whose guest was waiting for the host is made as new, with what a restore does, and kept for the
// next sandbox. One whose guest has crashed or was stopped is closed.
internal sealed partial class KvmMachine
{
    // To take a region away takes KVM about a fifth of the time that it takes to make a machine.
    private const int MostRegionsToTakeAway = 4;

    // What a sandbox asks for that may have the machine next; null when none may.
    private readonly MachineKind? _kind;

    // How long the processor was with the guests of other sandboxes.
    private readonly long _ticksBefore;

    private bool _isDisposed;

    /// <inheritdoc/>
    public void Dispose()
    {
        // A machine that was kept twice would be two sandboxes'.
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        if (_kind is not null && _isWaiting && _mapped.Count <= MostRegionsToTakeAway && TryRenew())
        {
            _system.Keep(new(_kind, _machine, _processor, _msrs));
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

    /// <summary>Takes all memory away and makes the processor as it was created.</summary>
    /// <returns>Whether KVM did all of that; if not, nobody is to use the machine again, and there is no more to it.</returns>
    private bool TryRenew()
    {
        try
        {
            foreach (uint slot in _mapped.ToArray())
            {
                Unmap(slot);
            }

            _processor.ClearCancel();
            if (!_isNew)
            {
                SetState(new(_system.Identity, EntryState.For(_entryMode, pageTables: default), ResetValues.Xcr0, []));
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
