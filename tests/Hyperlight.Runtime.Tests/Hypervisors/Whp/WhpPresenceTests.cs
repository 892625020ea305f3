using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Whp;
using Hyperlight.Layouts;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>Tests what the Windows backend says where the platform is missing, switched off, or lacks something.</summary>
[Collection(nameof(Alone))]
public sealed class WhpPresenceTests : IWhpTests, IDisposable
{
    private const string NoLibrary = "/no/such/library";

    private static readonly string OldLibrary =
        Path.Combine(Repository.Root, "artifacts", "whp-shim", "linux-old", "libWinHvPlatform.so");

    public void Dispose()
    {
        if (WhpShim.IsThere)
        {
            WhpShim.Pretend(WhpPretence.Nothing);
        }
    }

    [Fact]
    public void A_platform_that_is_there_is_no_finding() => Assert.Null(TestHypervisor.Whp.Check());

    [Fact]
    public void A_hypervisor_that_does_not_run_is_HL5001()
    {
        Probes.SkipIf(WhpShim.Missing);
        WhpShim.Pretend(WhpPretence.NoHypervisor);

        AssertUnusable("hypervisorlaunchtype");
    }

    /// <summary>Where the feature of Windows is off, the library is missing (whp sheet, section 1).</summary>
    [Fact]
    public void A_missing_library_is_HL5001()
    {
        if (WhpShim.Path != NoLibrary)
        {
            OtherProcess.RunTest(typeof(WhpPresenceTests), nameof(A_missing_library_is_HL5001), WhpShim.PathVariable, NoLibrary);
            return;
        }

        AssertUnusable("-FeatureName HypervisorPlatform");
    }

    /// <summary>The shim has a library for this that lacks <c>WHvMapGpaRange2</c>.</summary>
    [Fact]
    public void An_old_Windows_is_HL5003_unless_there_is_only_one_machine_at_a_time()
    {
        Probes.SkipIf(WhpShim.Missing);
        if (WhpShim.Path != OldLibrary)
        {
            OtherProcess.RunTest(
                typeof(WhpPresenceTests), nameof(An_old_Windows_is_HL5003_unless_there_is_only_one_machine_at_a_time), WhpShim.PathVariable,
                OldLibrary);
            return;
        }

        HypervisorException exception = Assert.Throws<HypervisorException>(
            () => WhpShim.Create(new FakeProcesses()).CreateMachine(GuestLayouts.I686V13, [], hasInterrupts: false));
        Assert.Equal(Rules.HypervisorTooOld, exception.Finding!.Rule);
        Assert.Contains("WHvMapGpaRange2", exception.Message, StringComparison.Ordinal);
        using TinyGuest guest = TinyGuest.RealMode(WhpShim.Create(new OwnProcess()), 0xF4);
        Assert.Equal(VirtualMachineExit.Halt, guest.Machine.Run());
    }

    [Fact]
    public void Interrupt_controllers_are_HL5003()
    {
        HypervisorException exception = Assert.Throws<HypervisorException>(
            () => TestHypervisor.Whp.CreateMachine(GuestLayouts.I686V13, [], hasInterrupts: true));

        Assert.Equal(Rules.HypervisorTooOld, exception.Finding!.Rule);
        Assert.Equal(WhpState.Empty, WhpState.Now());
    }

    private static void AssertUnusable(string advice)
    {
        WhpHypervisor hypervisor = WhpShim.Create(new FakeProcesses());
        HypervisorException exception = Assert.Throws<HypervisorException>(
            () => hypervisor.CreateMachine(GuestLayouts.I686V13, [], hasInterrupts: false));

        Assert.Equal((Rules.NoHypervisor, Rules.NoHypervisor), (hypervisor.Check()?.Rule, exception.Finding!.Rule));
        Assert.Contains(advice, exception.Message, StringComparison.Ordinal);
    }
}
