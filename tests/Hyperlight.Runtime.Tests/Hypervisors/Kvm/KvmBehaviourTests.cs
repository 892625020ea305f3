// The behaviours in which KVM has nothing of its own to test. Each class inherits the tests of one behaviour.

namespace Hyperlight.Runtime.Tests.Hypervisors.Kvm;

public sealed class KvmPortTests() : PortTests(TestHypervisor.Kvm);

public sealed class KvmMemoryAccessTests() : MemoryAccessTests(TestHypervisor.Kvm);

public sealed class KvmRegisterTests() : RegisterTests(TestHypervisor.Kvm);

public sealed class KvmUnfinishedInstructionTests() : UnfinishedInstructionTests(TestHypervisor.Kvm);

public sealed class KvmFaultTests() : FaultTests(TestHypervisor.Kvm);

public sealed class KvmSeveralMachineTests() : SeveralMachineTests(TestHypervisor.Kvm);
