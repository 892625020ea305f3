using Hyperlight.Hypervisors.Kvm;
using Hyperlight.Memory.Linux;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Memory;

/// <summary>
/// Tests what is said when a limit of Linux leaves no room for sandboxes. No other tests run at the same time, because a test counts the
/// files and mappings of the whole process.
/// </summary>
[Collection(nameof(Alone))]
public sealed class SystemLimitTests
{
    private const long Plenty = long.MaxValue;

    [KvmFact(Needs.Kvm)]
    public void A_pool_that_can_never_be_full_is_HL5013()
    {
        using TestGuest guest = new("misbehave");

        HypervisorException refused =
            Assert.Throws<HypervisorException>(() => new SandboxPool(guest.Image, options => options.MaxCount = int.MaxValue));

        Assert.Equal(Rules.LimitReached, refused.Finding?.Rule);
    }

    [Theory]
    [InlineData(500, 1000, 1000, null)]
    [InlineData(501, 1000, Plenty, "501 sandboxes need 1002, and the process may have 1000 open files: raise the limit ('ulimit -n'")]
    [InlineData(501, Plenty, 1000, "the process may have 1000 mappings: raise the limit ('sudo sysctl vm.max_map_count=2000')")]
    public void A_number_of_sandboxes_is_compared_with_each_limit(int count, long mostFiles, long mostMappings, string? message)
    {
        Finding? finding = SystemLimits.Check(count, mostFiles, mostMappings);

        if (message is null)
        {
            Assert.Null(finding);
        }
        else
        {
            Assert.Contains(message, finding!.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("KVM_CREATE_VM", SystemLimits.ProcessFiles, "'ulimit -n'")]
    [InlineData("KVM_CREATE_VCPU", SystemLimits.SystemFiles, "fs.file-max")]
    [InlineData("KVM_RUN", SystemLimits.TryAgain, "pids.max")]
    public void A_refusal_of_the_kernel_names_the_limit(string operation, int error, string setting)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has these limits.");
        Finding finding = Errno.Failure(operation, error).Finding!;

        Assert.Equal(Rules.LimitReached, finding.Rule);
        Assert.StartsWith(operation + " was refused", finding.Message, StringComparison.Ordinal);
        Assert.Contains(setting, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lack_of_memory_is_no_limit_of_mappings()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has these limits.");
        Assert.Equal(Rules.HypervisorFailed, Errno.Failure("KVM_CREATE_VM", SystemLimits.NoMemory).Finding!.Rule);
    }

    [KvmFact]
    public void A_sandbox_takes_the_files_and_at_least_the_mappings_that_are_counted_for_it()
    {
        const int Count = 50;
        using TestGuest guest = new("misbehave");
        List<Sandbox> sandboxes = [.. Enumerable.Range(0, 10).Select(_ => guest.Start())];
        ProcessCounts.Settle();
        (string[] files, string[] mappings) = (ProcessCounts.DescriptorNames, ProcessCounts.MappedRanges);

        sandboxes.AddRange(Enumerable.Range(0, Count).Select(_ => guest.Start()));

        // New ones are counted, since the .NET runtime may close and unmap something of its own meanwhile. It may also open and map some.
        int newFiles = ProcessCounts.DescriptorNames.Except(files).Count();
        int newMappings = ProcessCounts.MappedRanges.Except(mappings).Count();
        Assert.InRange(newFiles, Count * SystemLimits.FilesOfSandbox, (Count * SystemLimits.FilesOfSandbox) + 10);
        Assert.InRange(newMappings, Count * SystemLimits.MappingsOfSandbox, int.MaxValue);
        sandboxes.ForEach(sandbox => sandbox.Dispose());
    }
}
