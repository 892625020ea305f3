using System.Runtime.InteropServices;

namespace Hyperlight.Guest.Native;

/// <summary>A call of a guest function or of a host function (hl_FunctionCall).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FunctionCall
{
    /// <summary>The name of the function, UTF-8 with a NUL at its end.</summary>
    public byte* Name;

    /// <summary>The parameters.</summary>
    public Parameter* Parameters;

    /// <summary>The number of parameters.</summary>
    public nuint ParameterCount;

    /// <summary>The type of the result, one of <see cref="WireResult"/>.</summary>
    public int ResultType;
}

/// <summary>A parameter of a call (hl_Parameter).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Parameter
{
    /// <summary>The type of the value, one of <see cref="WireParameter"/>.</summary>
    public int Type;

    /// <summary>The value: the number itself, or the address of a text or of bytes.</summary>
    public ulong Value;

    /// <summary>The number of bytes, if the value is bytes.</summary>
    public ulong Length;
}

/// <summary>Bytes (hl_Vec).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ByteVector
{
    /// <summary>The first byte.</summary>
    public byte* Data;

    /// <summary>The number of bytes.</summary>
    public nuint Length;
}
