using System.Runtime.InteropServices;
using Hyperlight.Memory;
using Hyperlight.Memory.Linux;

namespace Hyperlight.Runtime.Tests.Memory;

/// <summary>
/// Tests memory where the kernel refuses the advice for guard pages, as all kernels before Linux 6.13 do: in a process that locks its
/// memory. No other tests run at the same time, because their memory would be locked too.
/// </summary>
[Collection(nameof(Alone))]
public sealed partial class LockedMemoryTests
{
    // MCL_FUTURE and MCL_ONFAULT: memory that is mapped later is locked when it is used.
    private const int Future = 2;
    private const int OnFault = 4;

    [Fact]
    public void Memory_has_guard_pages_without_the_kernels_advice()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs Linux");
        LinuxHostMemory host = new();
        using MemoryTemplate template = host.CreateTemplate(0x3000, [new(0x1000, new byte[] { 7 })]);
        using MappedMemory advised = host.Allocate(template);
        Assert.SkipUnless(LockAll(Future | OnFault) == 0, "probe Lock: this process may not lock its memory");
        MappedMemory allocated;
        MappedMemory view;
        try
        {
            allocated = host.Allocate(0x3000);
            view = host.Allocate(template);
        }
        finally
        {
            Assert.Equal(0, UnlockAll());
        }

        using (allocated)
        using (view)
        {
            Assert.Equal(2, CountGuardMappings(allocated));
            Assert.Equal(2, CountGuardMappings(view));
            HostPages.AssertGuarded(allocated);
            HostPages.AssertGuarded(view);
            view.Slice(0x1000, 1)[0] = 8;
            view.Reset(template);
            Assert.Equal(7, view.Slice(0x1000, 1)[0]);
            HostPages.AssertGuarded(view);
        }
    }

    private static int CountGuardMappings(MappedMemory memory) => File.ReadLines("/proc/self/maps").Count(
        line => line.Contains(" ---p ", StringComparison.Ordinal)
            && (line.Contains($"-{memory.Address:x} ", StringComparison.Ordinal)
                || line.StartsWith($"{memory.Address + memory.Size:x}-", StringComparison.Ordinal)));

    [LibraryImport("libc", EntryPoint = "mlockall", SetLastError = true)]
    private static partial int LockAll(int flags);

    [LibraryImport("libc", EntryPoint = "munlockall", SetLastError = true)]
    private static partial int UnlockAll();
}
