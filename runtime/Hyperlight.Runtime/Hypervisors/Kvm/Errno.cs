using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>The error numbers this code tells apart (<c>asm-generic/errno-base.h</c>), and failures made from any of them.</summary>
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

    /// <summary>HL5004 for an ioctl that failed.</summary>
    public static HypervisorException Failure(string operation, int error) => new(Rules.HypervisorFailed.Found(
        $"{operation} failed: {Marshal.GetPInvokeErrorMessage(error)} (errno {error}). "
        + (error == InvalidArgument
            ? "A processor or KVM that lacks what a loaded snapshot's registers use says so: load it on a machine like the one it was saved on. Otherwise look into the kernel log (dmesg)."
            : "Look into the kernel log (dmesg) for what KVM says, and check the limits on memory and open files.")));
}
