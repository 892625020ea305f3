using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Hyperlight.Hypervisors;

namespace Hyperlight.Debugging;

/// <summary>A register as a debugger knows it.</summary>
/// <param name="Feature">The last part of the name of the feature that describes the register.</param>
/// <param name="Name">The name of the register.</param>
/// <param name="Size">The size in bytes.</param>
/// <param name="Type">The type in the target description.</param>
internal sealed record DebugRegister(string Feature, string Name, int Size, string Type)
{
    /// <summary>
    /// Gets the index in <see cref="GeneralRegisters"/>; <c>null</c> for other registers, which a debugger can only read.
    /// </summary>
    public int? General { get; init; }

    /// <summary>Gets the function that reads the register; <c>null</c> for registers that lie elsewhere.</summary>
    public Func<ProcessorRegisters, ulong>? Value { get; init; }

    /// <summary>Gets the place in the XSAVE area, for registers without a function.</summary>
    public int Offset { get; init; }

    /// <summary>Gets the number of bytes in the XSAVE area. The register's other bytes are 0.</summary>
    public int StoredSize { get; init; }

    /// <summary>Reads the register.</summary>
    /// <param name="registers">The registers of the processor.</param>
    /// <param name="target">Receives <see cref="Size"/> bytes.</param>
    public void Read(ProcessorRegisters registers, Span<byte> target)
    {
        if (Value is null && General is null)
        {
            target.Clear();
            registers.Extended.AsSpan(Offset, StoredSize).CopyTo(target);
            return;
        }

        GeneralRegisters general = registers.General;
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(value, General is { } index ? Words(ref general)[index] : Value!(registers));
        value[..Size].CopyTo(target);
    }

    /// <summary>Writes the register, which must be a general register.</summary>
    /// <param name="registers">The registers to change.</param>
    /// <param name="source">The value, <see cref="Size"/> bytes.</param>
    public void Write(ref GeneralRegisters registers, ReadOnlySpan<byte> source)
    {
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        value.Clear();
        source.CopyTo(value);
        Words(ref registers)[General!.Value] = BinaryPrimitives.ReadUInt64LittleEndian(value);
    }

    private static Span<ulong> Words(ref GeneralRegisters registers) =>
        MemoryMarshal.Cast<GeneralRegisters, ulong>(MemoryMarshal.CreateSpan(ref registers, 1));
}
