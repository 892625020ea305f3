using System.Runtime.InteropServices;
using Hyperlight.Concurrency;
using Hyperlight.Memory;

namespace Hyperlight;

/// <summary>
/// A number that the host counts and one guest watches, in its memory, without either calling the other: how many messages wait, for example. Set
/// <see cref="SandboxOptions.Counter"/>. It may be used from any thread, also while the guest runs. What the guest does to its memory does not change it.
/// </summary>
/// <param name="value">The number at first.</param>
public sealed class GuestCounter(ulong value = 0)
{
    private readonly SteadyLock _lock = new();
    private MappedMemory? _scratch;
    private ulong _offset;
    private bool _used;
    private ulong _value = value;

    /// <summary>The number. A restore does not change it.</summary>
    public ulong Value
    {
        get
        {
            using (_lock.Enter())
            {
                return _value;
            }
        }
    }

    /// <summary>Adds one.</summary>
    /// <returns>The new value.</returns>
    /// <exception cref="OverflowException">It is at its greatest value.</exception>
    /// <exception cref="InvalidOperationException">It belongs to no sandbox, or that is disposed.</exception>
    public ulong Increment() => Change(static value => value < ulong.MaxValue
        ? value + 1
        : throw new OverflowException("The counter is at its greatest value and cannot be incremented: decrement it when something is done."));

    /// <summary>Takes one away.</summary>
    /// <returns>The new value.</returns>
    /// <exception cref="OverflowException">It is 0.</exception>
    /// <exception cref="InvalidOperationException">It belongs to no sandbox, or that is disposed.</exception>
    public ulong Decrement() => Change(static value => value > 0
        ? value - 1
        : throw new OverflowException("The counter is 0 and cannot be decremented: decrement it as often as it was incremented at most."));

    /// <summary>Makes it the counter of a sandbox, for which it can be used once.</summary>
    /// <param name="scratch">The sandbox's scratch region.</param>
    /// <param name="offset">Where the number is in it, a multiple of 8.</param>
    internal void Attach(MappedMemory scratch, ulong offset)
    {
        using (_lock.Enter())
        {
            if (_used)
            {
                throw new InvalidOperationException("The counter belongs to another sandbox, or did: make one for each.");
            }

            (_used, _scratch, _offset) = (true, scratch, offset);
            Write();
        }
    }

    /// <summary>Shows the guest the number again, after its memory was set back.</summary>
    internal void Publish()
    {
        using (_lock.Enter())
        {
            Write();
        }
    }

    /// <summary>Leaves the sandbox's memory alone from now on.</summary>
    /// <param name="scratch">The sandbox's scratch region; another one's counter stays where it is.</param>
    internal void Detach(MappedMemory scratch)
    {
        using (_lock.Enter())
        {
            _scratch = _scratch == scratch ? null : _scratch;
        }
    }

    private ulong Change(Func<ulong, ulong> next)
    {
        using (_lock.Enter())
        {
            if (_scratch is null)
            {
                throw new InvalidOperationException(
                    _used ? "The counter's sandbox is disposed." : "The counter belongs to no sandbox yet: set SandboxOptions.Counter.");
            }

            _value = next(_value);
            Write();
            return _value;
        }
    }

    // One store: the guest, which may be running, sees the old number or the new one.
    private void Write()
    {
        if (_scratch is not null)
        {
            Volatile.Write(ref MemoryMarshal.AsRef<ulong>(_scratch.Slice(_offset, sizeof(ulong))), _value);
        }
    }
}
