namespace Hyperlight.Hypervisors;

/// <summary>The register of a descriptor table: GDTR or IDTR.</summary>
internal record struct DescriptorTable
{
    /// <summary>The linear address of the table.</summary>
    public ulong Base;

    /// <summary>The offset of the table's last byte.</summary>
    public ushort Limit;
}
