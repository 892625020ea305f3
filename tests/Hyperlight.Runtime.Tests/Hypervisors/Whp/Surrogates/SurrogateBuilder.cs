using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using PEMachine = System.Reflection.PortableExecutable.Machine;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp.Surrogates;

/// <summary>
/// Builds the program of surrogate processes: one section without imports, whose first instructions end the process. The same bytes come
/// out each time.
/// </summary>
internal sealed class SurrogateBuilder() : PEBuilder(
    new PEHeaderBuilder(
        PEMachine.Amd64,
        imageBase: 0x1_4000_0000,
        subsystem: Subsystem.WindowsGui,
        dllCharacteristics: DllCharacteristics.HighEntropyVirtualAddressSpace | DllCharacteristics.DynamicBase
            | DllCharacteristics.NxCompatible,
        imageCharacteristics: Characteristics.ExecutableImage | Characteristics.LargeAddressAware),
    content => BlobContentId.FromHash(SHA256.HashData([.. content.SelectMany(blob => blob.GetBytes())])))
{
    private const string Code = ".text";

    // xor eax, eax; ret: Windows ends the process when its first thread returns.
    private static ReadOnlySpan<byte> Instructions => [0x31, 0xC0, 0xC3];

    public static byte[] Build()
    {
        BlobBuilder content = new();
        new SurrogateBuilder().Serialize(content);
        return content.ToArray();
    }

    protected override ImmutableArray<Section> CreateSections() =>
        [new(Code, SectionCharacteristics.ContainsCode | SectionCharacteristics.MemExecute | SectionCharacteristics.MemRead)];

    protected override BlobBuilder SerializeSection(string name, SectionLocation location)
    {
        BlobBuilder section = new();
        section.WriteBytes(Instructions.ToArray());
        section.WriteUTF8("\0Holds the memory of a virtual machine for a program that uses Hyperlight.Runtime, and never runs.\0");
        return section;
    }

    protected override PEDirectoriesBuilder GetDirectories() => new() { AddressOfEntryPoint = Header.SectionAlignment };
}
