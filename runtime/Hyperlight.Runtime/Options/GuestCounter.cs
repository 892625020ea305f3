using System.Runtime.InteropServices;
using Hyperlight.Concurrency;
using Hyperlight.Memory;

namespace Hyperlight;

/// <summary>
/// A number that the host changes and one guest watches in its memory, for example how many messages wait. Neither side has to call the
/// other. Set <see cref="SandboxOptions.Counter"/> to use a counter. A counter may be used from any thread, also while the guest runs. The
/// guest cannot change the number that the host sees.
/// </summary>
/// <param name="value">The initial number.</param>
public sealed class GuestCounter(ulong value = 0)
{
    private readonly SteadyLock _lock = new();
    private MappedMemory? _scratch;
    private ulong _offset;
    private bool _used;
    private ulong _value = value;

    /// <summary>Gets the number, which a restore does not change.</summary>
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

    /// <summary>Adds 1 to the number.</summary>
    /// <returns>The new number.</returns>
    /// <exception cref="OverflowException">The number is 2^64 - 1.</exception>
    /// <exception cref="InvalidOperationException">The counter belongs to no sandbox, or its sandbox is disposed.</exception>
    public ulong Increment() => Change(static value => value < ulong.MaxValue
        ? value + 1
        : throw new OverflowException(
            "The counter is at its greatest value and cannot be incremented: decrement it when something is done."));

    /// <summary>Subtracts 1 from the number.</summary>
    /// <returns>The new number.</returns>
    /// <exception cref="OverflowException">The number is 0.</exception>
    /// <exception cref="InvalidOperationException">The counter belongs to no sandbox, or its sandbox is disposed.</exception>
    public ulong Decrement() => Change(static value => value > 0
        ? value - 1
        : throw new OverflowException("The counter is 0 and cannot be decremented: decrement it at most as often as it was incremented."));

    /// <summary>Makes this object the counter of a sandbox. A counter can belong to one sandbox in its life.</summary>
    /// <param name="scratch">The scratch region of the sandbox.</param>
    /// <param name="offset">The offset of the number in the region, a multiple of 8.</param>
    internal void Attach(MappedMemory scratch, ulong offset)
    {
        using (_lock.Enter())
        {
            if (_used)
            {
                throw new InvalidOperationException(
                    "The counter belongs or belonged to another sandbox: create a counter for each sandbox.");
            }

            (_used, _scratch, _offset) = (true, scratch, offset);
            Write();
        }
    }

    /// <summary>Writes the number to the guest's memory again, after a restore.</summary>
    internal void Publish()
    {
        using (_lock.Enter())
        {
            Write();
        }
    }

    /// <summary>Ends the use of a sandbox's memory.</summary>
    /// <param name="scratch">The scratch region of the sandbox. A counter of another sandbox is left as it is.</param>
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

    // The number is written in one store, so that a running guest reads either the old number or the new number.
    private void Write()
    {
        if (_scratch is not null)
        {
            Volatile.Write(ref MemoryMarshal.AsRef<ulong>(_scratch.Slice(_offset, sizeof(ulong))), _value);
        }
    }
}
