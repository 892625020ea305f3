using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Kvm;

/// <summary>
/// ioctl(2) with KVM's request numbers from <c>linux/kvm.h</c> on x86-64. The kernel's document of each request is
/// https://docs.kernel.org/virt/kvm/api.html.
/// </summary>
internal static unsafe partial class KvmIoctl
{
    // On /dev/kvm.
    public const uint GetApiVersion = 0xAE00;
    public const uint CreateVm = 0xAE01;
    public const uint GetMsrIndexList = 0xC004AE02;
    public const uint CheckExtension = 0xAE03;
    public const uint GetVcpuMmapSize = 0xAE04;
    public const uint GetSupportedCpuid = 0xC008AE05;

    // On a virtual machine.
    public const uint CreateVcpu = 0xAE41;
    public const uint SetUserMemoryRegion = 0x4020AE46;
    public const uint SetTssAddress = 0xAE47;
    public const uint SetIdentityMapAddress = 0x4008AE48;
    public const uint CreateIrqchip = 0xAE60;
    public const uint GetIrqchip = 0xC208AE62;
    public const uint SetIrqchip = 0x8208AE63;
    public const uint Irqfd = 0x4020AE76;
    public const uint SetMsrFilter = 0x4188AEC6;

    // On a virtual processor.
    public const uint Run = 0xAE80;
    public const uint GetSregs = 0x8138AE83;
    public const uint GetMsrs = 0xC008AE88;
    public const uint SetMsrs = 0x4008AE89;
    public const uint SetSignalMask = 0x4004AE8B;
    public const uint SetCpuid2 = 0x4008AE90;
    public const uint EnableCapability = 0x4068AEA3;
    public const uint GetTscKhz = 0xAEA3;
    public const uint GetLapic = 0x8400AE8E;
    public const uint SetLapic = 0x4400AE8F;
    public const uint SetGuestDebug = 0x4048AE9B;
    public const uint SetMpState = 0x4004AE99;
    public const uint SetVcpuEvents = 0x4040AEA0;
    public const uint SetDebugregs = 0x4080AEA2;
    public const uint GetXsave = 0x9000AEA4;
    public const uint SetXsave = 0x5000AEA5;
    public const uint GetXcrs = 0x8188AEA6;
    public const uint SetXcrs = 0x4188AEA7;

    /// <summary>Makes a request with a number. The descriptor is not disposed meanwhile.</summary>
    /// <returns>The kernel's answer; -1 after a failure, whose error number is the last P/Invoke error.</returns>
    /// <exception cref="ObjectDisposedException">The descriptor is disposed.</exception>
    public static int Call(SafeHandle descriptor, nuint request, nuint argument)
    {
        // The marshaller would count a use of the descriptor, and clear and read the error number of each request: too much for a call.
        ObjectDisposedException.ThrowIf(descriptor.IsClosed, descriptor);
        int result = Request((int)descriptor.DangerousGetHandle(), request, argument);
        if (result < 0)
        {
            Marshal.SetLastPInvokeError(Marshal.GetLastSystemError());
        }

        GC.KeepAlive(descriptor);
        return result;
    }

    /// <summary>
    /// Makes a request with a number and throws if the request fails. If a signal interrupts the kernel while it sets up a machine, the
    /// request is made again.
    /// </summary>
    /// <returns>The kernel's answer.</returns>
    /// <exception cref="HypervisorException">The request failed.</exception>
    public static int Require(SafeHandle descriptor, uint request, nuint argument, string name)
    {
        while (true)
        {
            int result = Call(descriptor, request, argument);
            if (result >= 0)
            {
                return result;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error != Errno.Interrupted)
            {
                throw Errno.Failure(name, error);
            }
        }
    }

    /// <summary>Makes a request with a structure and throws if the request fails.</summary>
    /// <param name="descriptor">The descriptor of the device, machine or processor.</param>
    /// <param name="request">The number of the request.</param>
    /// <param name="argument">The structure, which lies on the stack or is pinned.</param>
    /// <param name="name">The name of the request, for a message.</param>
    /// <exception cref="HypervisorException">The request failed.</exception>
    public static void Require(SafeHandle descriptor, uint request, void* argument, string name) =>
        Require(descriptor, request, (nuint)argument, name);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Request(int descriptor, nuint request, nuint argument);
}
