namespace Hyperlight.Hypervisors.Kvm;

// The end of a machine. If its guest was waiting for the host, the machine is set back to the state of a new one, as a restore does it, and
// kept for the next sandbox. If its guest has crashed or was stopped, the machine is closed.
internal sealed partial class KvmMachine
{
    // A machine with more pieces of memory is closed, because unmapping one piece takes about a fifth of the time that creating a machine
    // takes.
    private const int MostPiecesToUnmap = 4;

    // Whether the machine can be kept for another sandbox.
    private readonly bool _isKept;

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

        if (_isKept && _isWaiting && _mapped.Count <= MostPiecesToUnmap && TryRenew())
        {
            _system.Idle.Keep(_bare);
        }
        else
        {
            _bare.Dispose();
        }
    }

    // The sandbox of this machine is complete now, or nearly so.
    private void MakeNextAhead()
    {
        if (_isKept)
        {
            _system.Idle.MakeAhead(_bare.Kind);
        }
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
