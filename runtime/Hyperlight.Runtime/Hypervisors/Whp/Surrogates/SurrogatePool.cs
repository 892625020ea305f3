using System.Runtime.InteropServices;
using Hyperlight.Concurrency;
using Hyperlight.Memory;
using Hyperlight.Memory.Windows;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Hypervisors.Whp.Surrogates;

/// <summary>
/// Surrogate processes, each for the memory of one virtual machine. A process that is returned is kept for the next virtual machine. All
/// processes belong to a job, which Windows ends with this process, whatever ends this process.
/// </summary>
/// <param name="initial">The number of processes to start with the first virtual machine.</param>
/// <param name="maximum">The largest number of processes.</param>
internal sealed class SurrogatePool(int initial, int maximum) : IMemorySources, IDisposable
{
    private readonly SteadyLock _lock = new();
    private readonly Stack<SurrogateProcess> _free = [];

    // The handles of these processes must outlive a machine that nobody disposes: its finalizer unmaps memory.
    private readonly HashSet<SurrogateProcess> _taken = [];

    // Processes that exist or are being started.
    private int _count;
    private bool _hasInitial;
    private bool _isDisposed;
    private SurrogateProgram? _program;
    private SafeWaitHandle? _job;

    /// <summary>Gets the number of processes that exist or are being started.</summary>
    public int Count
    {
        get
        {
            using (_lock.Enter())
            {
                return _count;
            }
        }
    }

    /// <inheritdoc/>
    public bool AreOtherProcesses => true;

    /// <inheritdoc/>
    public IMemorySource Take()
    {
        using (_lock.Enter())
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _program ??= SurrogateProgram.Open(Path.GetTempPath());
            _job ??= CreateJob();
            for (; !_hasInitial && _count < initial; _count++)
            {
                _free.Push(SurrogateProcess.Start(_program, _job));
            }

            _hasInitial = true;
            while (_free.TryPop(out SurrogateProcess? free))
            {
                if (!free.HasEnded)
                {
                    _taken.Add(free);
                    return new Source(this, free);
                }

                Drop(free);
            }

            if (_count == maximum)
            {
                throw WhpError.NoRoom(
                    $"each of the {maximum} surrogate processes that this program may have is in use",
                    "allow more processes with Hypervisor.UseSurrogates");
            }

            _count++;
        }

        SurrogateProcess? started = null;
        try
        {
            started = SurrogateProcess.Start(_program, _job);
            return new Source(this, started);
        }
        finally
        {
            using (_lock.Enter())
            {
                if (started is null)
                {
                    _count--;
                }
                else
                {
                    _taken.Add(started);
                }
            }
        }
    }

    /// <summary>Ends all processes. No virtual machine uses one any more. Only tests dispose a pool.</summary>
    public void Dispose()
    {
        using (_lock.Enter())
        {
            _isDisposed = true;
            while (_free.TryPop(out SurrogateProcess? free))
            {
                Drop(free);
            }

            _job?.Dispose();
            _program?.Dispose();
        }
    }

    private static unsafe SafeWaitHandle CreateJob()
    {
        SafeWaitHandle job = ProcessApi.CreateJob(null, null);
        JobLimits limits = new() { Flags = ProcessApi.KillOnClose };
        if (job.IsInvalid || ProcessApi.SetJob(job, ProcessApi.ExtendedLimits, &limits, (uint)sizeof(JobLimits)) == 0)
        {
            int error = Marshal.GetLastPInvokeError();
            job.Dispose();
            throw SurrogateError.NotStarted("CreateJobObject", error);
        }

        return job;
    }

    private void Drop(SurrogateProcess process)
    {
        process.Dispose();
        _count--;
    }

    private void Return(SurrogateProcess process, bool isEmpty)
    {
        using (_lock.Enter())
        {
            _taken.Remove(process);
            if (isEmpty && !_isDisposed && !process.HasEnded)
            {
                _free.Push(process);
            }
            else
            {
                Drop(process);
            }
        }
    }

    /// <summary>
    /// A process while a virtual machine has it. Several pieces of guest memory may show the same memory through one view.
    /// </summary>
    private sealed class Source(SurrogatePool pool, SurrogateProcess process) : IMemorySource
    {
        private readonly Dictionary<MappedMemory, (ulong Address, int Users)> _views = [];
        private bool _isEmpty = true;
        private bool _isReturned;

        /// <inheritdoc/>
        public nint? Process => process.Handle.DangerousGetHandle();

        /// <inheritdoc/>
        public ulong Map(MappedMemory memory)
        {
            ObjectDisposedException.ThrowIf(_isReturned, this);
            (ulong address, int users) = _views.GetValueOrDefault(memory);
            if (users == 0)
            {
                address = process.Map((WindowsMemory)memory);
            }

            _views[memory] = (address, users + 1);
            return address;
        }

        /// <inheritdoc/>
        public void Unmap(MappedMemory memory)
        {
            (ulong address, int users) = _views[memory];
            if (users > 1)
            {
                _views[memory] = (address, users - 1);
                return;
            }

            _views.Remove(memory);
            Release(address);
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isReturned, true))
            {
                return;
            }

            foreach ((ulong address, _) in _views.Values)
            {
                Release(address);
            }

            _views.Clear();
            pool.Return(process, _isEmpty);
        }

        // A process that still has memory of one guest is not given to another.
        private void Release(ulong address) => _isEmpty &= process.TryUnmap(address);
    }
}
