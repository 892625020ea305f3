namespace Hyperlight;

/// <summary>There is no usable hypervisor (HL5001, HL5002, HL5003), or it refused an operation (HL5004).</summary>
public sealed class HypervisorException : HyperlightException
{
    internal HypervisorException(Finding finding)
        : base(finding)
    {
    }
}
