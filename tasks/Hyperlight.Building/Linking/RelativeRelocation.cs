namespace Hyperlight.Linking;

/// <summary>A word of the guest that has an address, and moves with the guest.</summary>
/// <param name="Section">The section of the word.</param>
/// <param name="Offset">The offset of the word in the section.</param>
/// <param name="Target">The relocation that says which address.</param>
internal readonly record struct RelativeRelocation(OutputSection Section, ulong Offset, InputRelocation Target)
{
    /// <summary>Gets the address of the word.</summary>
    public ulong Address => Section.Address + Offset;
}
