using Hyperlight.Concurrency;

namespace Hyperlight.Hypervisors.Whp.Surrogates;

/// <summary>The processes for the memory of virtual machines, as the program has chosen them before its first virtual machine.</summary>
internal sealed class ChosenSources : IMemorySources
{
    /// <summary>The largest number of other processes whose memory Windows takes (whp sheet, section 1).</summary>
    public const int MostSurrogates = 512;

    private readonly SteadyLock _lock = new();
    private int _initial;
    private int _maximum = MostSurrogates;
    private IMemorySources? _sources;

    /// <inheritdoc/>
    public bool AreOtherProcesses
    {
        get
        {
            using (_lock.Enter())
            {
                return _maximum != 0;
            }
        }
    }

    /// <summary>Chooses the numbers of surrogate processes, see <see cref="Hypervisor.UseSurrogates"/>.</summary>
    /// <exception cref="InvalidOperationException">There was a virtual machine already.</exception>
    public void Choose(int initial, int maximum)
    {
        using (_lock.Enter())
        {
            if (_sources is not null)
            {
                throw new InvalidOperationException(
                    "The numbers of surrogate processes are fixed since the first sandbox: choose them before, where the program starts.");
            }

            (_initial, _maximum) = (initial, maximum);
        }
    }

    /// <inheritdoc/>
    public IMemorySource Take()
    {
        using (_lock.Enter())
        {
            _sources ??= _maximum == 0 ? new OwnProcess() : new SurrogatePool(_initial, _maximum);
        }

        return _sources.Take();
    }
}
