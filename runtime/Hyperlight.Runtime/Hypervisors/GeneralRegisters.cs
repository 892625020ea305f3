using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors;

/// <summary>
/// The general registers of an x86 processor. Their order is that of KVM's <c>struct kvm_regs</c>, so that KVM takes the structure without
/// a translation.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GeneralRegisters
{
    public ulong Rax;
    public ulong Rbx;
    public ulong Rcx;
    public ulong Rdx;
    public ulong Rsi;
    public ulong Rdi;
    public ulong Rsp;
    public ulong Rbp;
    public ulong R8;
    public ulong R9;
    public ulong R10;
    public ulong R11;
    public ulong R12;
    public ulong R13;
    public ulong R14;
    public ulong R15;
    public ulong Rip;
    public ulong Rflags;
}
