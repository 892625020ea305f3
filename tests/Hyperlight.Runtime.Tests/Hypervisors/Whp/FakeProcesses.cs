using Hyperlight.Hypervisors.Whp;
using Hyperlight.Memory;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>
/// Handles that only the shim takes for those of processes. Each one stands for this process, so that many virtual machines can have
/// memory of it.
/// </summary>
internal sealed class FakeProcesses : IMemorySources
{
    // Handles of Windows are multiples of 4.
    private const int Step = 4;

    private static int _lastHandle = 0x1000;
    private static int _takenCount;
    private static int _mappedCount;

    /// <summary>Gets the number of processes that are taken and not returned.</summary>
    public static int TakenCount => _takenCount;

    /// <summary>Gets the number of pieces of memory that are mapped into the processes.</summary>
    public static int MappedCount => _mappedCount;

    public bool AreOtherProcesses => true;

    public IMemorySource Take()
    {
        nint handle = Interlocked.Add(ref _lastHandle, Step);
        WhpShim.AddProcess(handle);
        Interlocked.Increment(ref _takenCount);
        return new Source(handle);
    }

    private sealed class Source(nint handle) : IMemorySource
    {
        private bool _isReturned;

        public nint? Process => handle;

        public ulong Map(MappedMemory memory)
        {
            Interlocked.Increment(ref _mappedCount);
            return memory.Address;
        }

        public void Unmap(MappedMemory memory) => Interlocked.Decrement(ref _mappedCount);

        public void Dispose()
        {
            if (!Interlocked.Exchange(ref _isReturned, true))
            {
                WhpShim.RemoveProcess(handle);
                Interlocked.Decrement(ref _takenCount);
            }
        }
    }
}
