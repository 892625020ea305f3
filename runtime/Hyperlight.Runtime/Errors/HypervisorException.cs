namespace Hyperlight;

/// <summary>
/// This machine has no usable hypervisor (HL5001, HL5002, HL5003), the hypervisor refused an operation (HL5004), a limit of Linux leaves no
/// room for another sandbox (HL5013), or Windows has no process for the memory of another virtual machine (HL5006, HL5007).
/// </summary>
public sealed class HypervisorException : HyperlightException
{
    internal HypervisorException(Finding finding)
        : base(finding)
    {
    }
}
