using Hyperlight.Memory;

namespace Hyperlight.Hypervisors.Whp;

/// <summary>
/// The process whose memory a virtual machine uses. The hypervisor takes the memory of all pieces of one virtual machine from one process,
/// and lets no two virtual machines use the same process. Whoever disposes the source returns the process. One thread at a time may use the
/// source.
/// </summary>
internal interface IMemorySource : IDisposable
{
    /// <summary>Gets the handle of the process; <c>null</c> if the process is this one.</summary>
    nint? Process { get; }

    /// <summary>Makes memory of the host visible in the process. Each call is undone by one call of <see cref="Unmap"/>.</summary>
    /// <returns>The address of the memory in the process.</returns>
    /// <exception cref="HyperlightException">The operating system refuses.</exception>
    ulong Map(MappedMemory memory);

    /// <summary>Takes memory away from the process. No virtual machine uses the memory any more. The call does not throw.</summary>
    void Unmap(MappedMemory memory);
}
