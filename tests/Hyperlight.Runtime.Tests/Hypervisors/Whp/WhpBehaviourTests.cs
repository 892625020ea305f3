// The behaviours in which the Windows backend has nothing of its own to test. Each class inherits the tests of one behaviour.
namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

[Collection(nameof(Alone))]
public sealed class WhpPortTests() : PortTests(TestHypervisor.Whp), IWhpTests;

[Collection(nameof(Alone))]
public sealed class WhpRegisterTests() : RegisterTests(TestHypervisor.Whp), IWhpTests;

[Collection(nameof(Alone))]
public sealed class WhpUnfinishedInstructionTests() : UnfinishedInstructionTests(TestHypervisor.Whp), IWhpTests;

[Collection(nameof(Alone))]
public sealed class WhpFaultTests() : FaultTests(TestHypervisor.Whp), IWhpTests;

[Collection(nameof(Alone))]
public sealed class WhpSeveralMachineTests() : SeveralMachineTests(TestHypervisor.Whp), IWhpTests;

[Collection(nameof(Alone))]
public sealed class WhpCpuidTests() : CpuidTests(TestHypervisor.Whp), IWhpTests;
