namespace Hyperlight.Hypervisors.Whp.Surrogates;

/// <summary><c>PROCESS_INFORMATION</c>: a process that was started, and its first thread.</summary>
internal struct ProcessInformation
{
    public nint Process;
    public nint Thread;
    public int ProcessId;
    public int ThreadId;
}
