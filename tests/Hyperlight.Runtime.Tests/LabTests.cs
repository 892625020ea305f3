namespace Hyperlight.Runtime.Tests;

/// <summary>Asserts that the lab (tests/kvm-lab) has everything that tests need, so that no test is skipped on all machines.</summary>
public class LabTests
{
    public static TheoryData<Needs> AllNeeds => [.. Enum.GetValues<Needs>()];

    [Theory]
    [MemberData(nameof(AllNeeds))]
    [Trait("Needs", "Lab")]
    public void The_lab_has_all_that_a_test_may_need(Needs needs)
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("KVM_LAB_VM") == "1", "probe Lab: this is not the lab; ./build.sh test --lab runs it there");

        Assert.Null(Probes.Missing(needs));
    }
}
