using Hyperlight.Hypervisors.Whp;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>Tests what the failures of the platform are called (whp sheet, section 4). No test needs a hypervisor.</summary>
public class WhpErrorTests
{
    [Theory]
    [InlineData(0x8007_0057, "E_INVALIDARG (0x80070057)")]
    [InlineData(0x8000_4005, "E_FAIL (0x80004005)")]
    [InlineData(0x8007_000E, "E_OUTOFMEMORY (0x8007000E)")]
    [InlineData(0x8007_0005, "E_ACCESSDENIED (0x80070005)")]
    [InlineData(0x8037_0304, "WHV_E_INVALID_PARTITION_CONFIG (0x80370304)")]
    [InlineData(0x8037_0307, "WHV_E_VP_DOES_NOT_EXIST (0x80370307)")]
    [InlineData(0x8037_0309, "WHV_E_INVALID_VP_REGISTER_NAME (0x80370309)")]
    [InlineData(0xC035_0005, "error (0xC0350005)")]
    public void A_failure_is_HL5004_with_function_name_and_number(uint result, string text)
    {
        Finding finding = WhpError.Failure(unchecked((int)result), "WHvSetupPartition").Finding!;

        Assert.Equal(Rules.HypervisorFailed, finding.Rule);
        Assert.StartsWith($"WHvSetupPartition failed: {text}. ", finding.Message, StringComparison.Ordinal);
    }

    /// <summary>The advice of each result is that of its row in <c>docs/windows.md</c>.</summary>
    [Theory]
    [InlineData(0x8007_000E, "dispose sandboxes")]
    [InlineData(0x8007_05AA, "dispose sandboxes")]
    [InlineData(0x8007_05AF, "dispose sandboxes")]
    [InlineData(0x8007_0057, "load it on a machine like the one that saved it")]
    [InlineData(0x8037_0309, "load it on a machine like the one that saved it")]
    [InlineData(0x8007_0005, "allow this program")]
    [InlineData(0x8037_0303, "update Windows")]
    [InlineData(0x8037_0310, "update Windows")]
    [InlineData(0x8037_0300, "report this message")]
    [InlineData(0x8037_0304, "report this message")]
    [InlineData(0x8037_0308, "report this message")]
    [InlineData(0x8037_0311, "event logs")]
    [InlineData(0x8000_4005, "event logs")]
    public void A_failure_says_what_to_do(uint result, string advice) => Assert.Contains(
        advice, WhpError.Failure(unchecked((int)result), "WHvSetupPartition").Message, StringComparison.Ordinal);

    [Fact]
    public void A_second_partition_with_memory_of_one_process_is_HL5006()
    {
        Finding finding = WhpError.Failure(unchecked((int)0xC037_0008), "WHvMapGpaRange").Finding!;

        Assert.Equal(Rules.NoRoomForMachine, finding.Rule);
        Assert.StartsWith(
            "WHvMapGpaRange failed: ERROR_VID_PARTITION_ALREADY_EXISTS (0xC0370008)", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Success_is_no_failure() => WhpError.Require(0, "WHvSetupPartition");
}
