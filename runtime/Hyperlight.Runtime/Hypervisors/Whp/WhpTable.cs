using System.Runtime.InteropServices;

namespace Hyperlight.Hypervisors.Whp;

/// <summary><c>WHV_X64_TABLE_REGISTER</c>: the register of a descriptor table.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct WhpTable
{
    [FieldOffset(6)]
    public ushort Limit;

    [FieldOffset(8)]
    public ulong Base;

    /// <summary>Translates a table into the platform's.</summary>
    public WhpTable(DescriptorTable table)
    {
        Limit = table.Limit;
        Base = table.Base;
    }

    /// <summary>Translates the platform's table.</summary>
    public readonly DescriptorTable ToNeutral() => new() { Base = Base, Limit = Limit };
}
