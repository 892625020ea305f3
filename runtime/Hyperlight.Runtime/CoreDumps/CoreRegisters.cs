using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Kvm;

namespace Hyperlight.CoreDumps;

/// <summary>The registers of a processor that crashed.</summary>
/// <param name="General">The general registers.</param>
/// <param name="Special">The segment and control registers.</param>
/// <param name="ExtendedControl">XCR0: which vector registers there are.</param>
/// <param name="Vector">The x87 and vector registers, as XSAVE stores them in the standard format.</param>
internal sealed record CoreRegisters(GeneralRegisters General, KvmSpecialRegisters Special, ulong ExtendedControl, byte[] Vector);
