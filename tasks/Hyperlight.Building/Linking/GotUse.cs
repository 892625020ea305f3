namespace Hyperlight.Linking;

/// <summary>The ways to write an instruction that reads an address from the global offset table.</summary>
internal enum GotUse
{
    /// <summary>The instruction reads the slot.</summary>
    Slot,

    /// <summary><c>mov slot(%rip), %reg</c> becomes <c>lea symbol(%rip), %reg</c>.</summary>
    Address,

    /// <summary><c>call *slot(%rip)</c> becomes <c>addr32 call symbol</c>.</summary>
    Call,

    /// <summary><c>jmp *slot(%rip)</c> becomes <c>jmp symbol; nop</c>.</summary>
    Jump,
}
