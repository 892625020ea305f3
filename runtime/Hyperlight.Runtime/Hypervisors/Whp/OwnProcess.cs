using Hyperlight.Memory;

namespace Hyperlight.Hypervisors.Whp;

/// <summary>This process as the only source of memory: one virtual machine at a time.</summary>
internal sealed class OwnProcess : IMemorySources
{
    private bool _isTaken;

    /// <inheritdoc/>
    public bool AreOtherProcesses => false;

    /// <inheritdoc/>
    public IMemorySource Take() => !Interlocked.Exchange(ref _isTaken, true)
        ? new Source(this)
        : throw WhpError.NoRoom("this process has a virtual machine already", "allow surrogate processes with Hypervisor.UseSurrogates");

    private sealed class Source(OwnProcess owner) : IMemorySource
    {
        private bool _isReturned;

        /// <inheritdoc/>
        public nint? Process => null;

        /// <inheritdoc/>
        public ulong Map(MappedMemory memory) => memory.Address;

        /// <inheritdoc/>
        public void Unmap(MappedMemory memory)
        {
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            // The process must not be returned twice: another virtual machine may have taken it in between.
            if (!Interlocked.Exchange(ref _isReturned, true))
            {
                Volatile.Write(ref owner._isTaken, false);
            }
        }
    }
}
