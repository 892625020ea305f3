namespace Hyperlight.Elf;

/// <summary>The type of a program header (gABI, p_type). A file may have other values.</summary>
internal enum ElfSegmentType : uint
{
    /// <summary>PT_LOAD: bytes to load.</summary>
    Load = 1,

    /// <summary>PT_DYNAMIC: the dynamic table.</summary>
    Dynamic = 2,

    /// <summary>PT_INTERP: the path of a dynamic loader.</summary>
    Interpreter = 3,

    /// <summary>PT_NOTE: notes.</summary>
    Note = 4,

    /// <summary>PT_TLS: the template of thread-local storage.</summary>
    ThreadLocalStorage = 7,

    /// <summary>PT_GNU_STACK: its flags are the permissions of the stack.</summary>
    GnuStack = 0x6474_E551,
}
