namespace Hyperlight.Hypervisors;

/// <summary>A model-specific register (MSR) of a processor.</summary>
/// <param name="Index">The number of the register.</param>
/// <param name="Value">The value.</param>
internal readonly record struct ModelSpecificRegister(uint Index, ulong Value)
{
    /// <summary>The greatest number of registers that a guest can be allowed to use: the number of ranges of KVM's filter.</summary>
    public const int MaxAllowed = 16;
}
