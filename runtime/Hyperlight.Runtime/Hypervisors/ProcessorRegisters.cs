namespace Hyperlight.Hypervisors;

/// <summary>The registers of a processor that a debugger shows.</summary>
/// <param name="General">The general registers.</param>
/// <param name="Special">The segment, table and control registers.</param>
/// <param name="ExtendedControl">XCR0, which tells which vector registers the guest can use.</param>
/// <param name="Extended">The x87 and vector registers, as XSAVE stores them in the standard format.</param>
internal sealed record ProcessorRegisters(GeneralRegisters General, SpecialRegisters Special, ulong ExtendedControl, byte[] Extended);
