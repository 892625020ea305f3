namespace Hyperlight;

/// <summary>This machine has no usable hypervisor (HL5001, HL5002, HL5003), or the hypervisor refused an operation (HL5004).</summary>
public sealed class HypervisorException : HyperlightException
{
    internal HypervisorException(Finding finding)
        : base(finding)
    {
    }
}
