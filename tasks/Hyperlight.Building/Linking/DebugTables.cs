using System.Buffers.Binary;
using Hyperlight.Elf;

namespace Hyperlight.Linking;

/// <summary>
/// The debug information of objects, for debuggers and source maps. Sections of one name become one section of the file with the symbols.
/// What refers to code that was left out keeps the address 0.
/// </summary>
internal static class DebugTables
{
    private const string Prefix = ".debug_";

    /// <summary>Gets whether a section of an object has debug information that can be kept.</summary>
    public static bool Keep(string name, ElfSectionType type, ElfSectionFlags flags) =>
        type == ElfSectionType.ProgramBits
        && (flags & (ElfSectionFlags.Allocate | ElfSectionFlags.Compressed)) == 0
        && name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Joins the sections of all objects, and writes the addresses into them.</summary>
    /// <param name="objects">The objects. The addresses of their other sections are known.</param>
    /// <returns>The sections in the order of the objects.</returns>
    public static IReadOnlyList<(string Name, byte[] Content)> Join(IReadOnlyList<InputObject> objects)
    {
        OrderedDictionary<string, OutputSection> outputs = [];
        foreach (InputSection part in objects.SelectMany(from => from.DebugSections.Values).Where(part => !part.IsDiscarded))
        {
            if (!outputs.TryGetValue(part.Name, out OutputSection? output))
            {
                outputs.Add(part.Name, output = new(part.Name, LoadSegment.ReadOnly));
            }

            output.Add(part);
        }

        foreach (OutputSection output in outputs.Values)
        {
            output.Arrange();
        }

        return [.. outputs.Values.Select(output => (output.Name, Write(output)))];
    }

    private static byte[] Write(OutputSection output)
    {
        byte[] content = new byte[output.Size];
        foreach (InputSection part in output.Parts)
        {
            Span<byte> bytes = content.AsSpan((int)part.Offset, part.Data.Length);
            part.Data.Span.CopyTo(bytes);
            foreach (ref readonly InputRelocation relocation in part.Relocations.AsSpan())
            {
                Apply(relocation, bytes);
            }
        }

        return content;
    }

    private static void Apply(in InputRelocation relocation, Span<byte> bytes)
    {
        int size = relocation.Type switch
        {
            RelocationType.Absolute64 => sizeof(ulong),
            RelocationType.Absolute32 => sizeof(uint),
            _ => int.MaxValue,
        };
        bool isLeftOut = relocation.Symbol.Section is { Output: null };
        if (isLeftOut || size > bytes.Length || relocation.Offset > (ulong)(bytes.Length - size))
        {
            return;
        }

        Span<byte> place = bytes[(int)relocation.Offset..];
        ulong target = RelocationWriter.TargetOf(relocation);
        if (size == sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(place, target);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(place, unchecked((uint)target));
        }
    }
}
