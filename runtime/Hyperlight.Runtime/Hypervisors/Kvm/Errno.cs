using System.Runtime.InteropServices;
using Hyperlight.Memory.Linux;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>The error numbers that this code tells apart (<c>asm-generic/errno-base.h</c>), and exceptions for all error numbers.</summary>
internal static class Errno
{
    public const int PermissionDenied = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int NoDevice = 6;
    public const int TooBig = 7;
    public const int TryAgain = 11;
    public const int AccessDenied = 13;
    public const int BadAddress = 14;
    public const int NoSuchDevice = 19;
    public const int IsFolder = 21;
    public const int InvalidArgument = 22;

    /// <summary>Creates HL5004 for a call of the kernel that failed, or HL5013 if a limit is the reason.</summary>
    /// <param name="operation">The name of the call.</param>
    /// <param name="error">The error number.</param>
    public static HypervisorException Failure(string operation, int error) => new(
        SystemLimits.Explain(operation, error) ?? Rules.HypervisorFailed.FoundText(
        $"{operation} failed: {Marshal.GetPInvokeErrorMessage(error)} (errno {error}). "
        + (error == InvalidArgument
            ? "If a snapshot was loaded, the processor or KVM may lack a feature that the snapshot uses: load it on a machine like the "
                + "one that saved it. Otherwise look into the kernel log (dmesg)."
            : "Look into the kernel log (dmesg) for what KVM says, and check the limits on memory and open files.")));
}
