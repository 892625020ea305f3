namespace Hyperlight.Hypervisors.Whp;

/// <summary>The processes whose memory virtual machines can use. Any thread may use any member.</summary>
internal interface IMemorySources
{
    /// <summary>Gets whether the processes are others than this one.</summary>
    bool AreOtherProcesses { get; }

    /// <summary>Takes a process whose memory no other virtual machine uses. The call does not wait for one.</summary>
    /// <exception cref="HypervisorException">HL5006: there is no further process.</exception>
    IMemorySource Take();
}
