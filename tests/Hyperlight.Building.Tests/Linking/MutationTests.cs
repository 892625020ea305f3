using Hyperlight.Elf;
using Hyperlight.Linking;

namespace Hyperlight.Building.Tests.Linking;

/// <summary>Tests that damaged objects and archives end in findings, and take little time and memory.</summary>
public sealed class MutationTests
{
    // A guest of a few kilobytes. What a damaged size, count or alignment claims must not become memory.
    private const long MostBytes = 64 << 20;

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    public void Mutated_inputs_end_in_findings(int seed)
    {
        LinkInput[] originals = Inputs();
        Assert.NotNull(TestGuest.Link(originals));
        Random random = new(seed);
        HashSet<DiagnosticRule> rules = [];
        int refused = 0;
        const int Rounds = 2000;
        for (int round = 0; round < Rounds; round++)
        {
            LinkInput[] inputs = [.. originals];
            int victim = random.Next(inputs.Length);
            inputs[victim] = inputs[victim] with { Content = Mutate(inputs[victim].Content, random) };
            List<Finding> findings = [];
            long before = GC.GetAllocatedBytesForCurrentThread();
            LinkedGuest? guest = GuestLinker.Link(inputs, findings);

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
            Assert.Equal(guest is null, findings.Count > 0);
            refused += guest is null ? 1 : 0;
            rules.UnionWith(findings.Select(finding => finding.Rule));
        }

        Assert.InRange(refused, Rounds / 10, Rounds - 1);
        Assert.InRange(rules.Count, 4, 10);
    }

    private static byte[] Mutate(ReadOnlyMemory<byte> original, Random random)
    {
        byte[] mutant = original.ToArray();
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            int at = random.Next(mutant.Length);
            mutant[at] = random.Next(3) switch
            {
                0 => (byte)random.Next(256),
                1 => (byte)(mutant[at] ^ 1 << random.Next(8)),
                _ => 0xFF,
            };
        }

        return random.Next(20) == 0 ? mutant[..random.Next(mutant.Length)] : mutant;
    }

    private static LinkInput[] Inputs()
    {
        byte[] zeros = new byte[16];
        TestObject entry = TestObject.WithEntry(Convert.FromHexString("488D3D00000000E80000000090909090"))
            .WithSection(".data", zeros, TestObject.Data)
            .WithSection(".tdata", zeros, TestObject.Data | ElfSectionFlags.ThreadLocal)
            .WithSection(".rodata.str1.1", "night\0midnight\0"u8.ToArray(), (ElfSectionFlags)0x32, entry: 1, alignment: 1)
            .WithSection(".init_array.5", zeros, TestObject.Data, ElfSectionType.InitializationArray)
            .WithSection(".eh_frame", UnwindTests.Frames, ElfSectionFlags.Allocate, ElfSectionType.Unwind)
            .WithSection("table", zeros, TestObject.Data)
            .WithSection(".debug_info", zeros, 0)
            .WithSymbol("value", 2).WithSymbol("own", 3, type: ElfSymbolType.ThreadLocal).WithSymbol("text", 4, 6)
            .WithSymbol("f", TestObject.Undefined).WithSymbol("common", TestObject.Common, 16, 32)
            .WithSymbol("__start_table", TestObject.Undefined)
            .WithGroup("value", 2, 7)
            .WithRelocation(RelocationType.LocalDynamic, "own", 3, -4)
            .WithRelocation(RelocationType.Call32, "f", 12, -4)
            .WithRelocation(RelocationType.Absolute64, "value", 0, section: 5)
            .WithRelocation(RelocationType.Absolute64, "text", 8, section: 5)
            .WithRelocation(RelocationType.Absolute64, "value", 8, section: 8)
            .WithRelocation(RelocationType.Slot, "common", 0, section: 2)
            .WithRelocation(RelocationType.Relative32, "__start_table", 8, section: 2)
            .WithRelocation(RelocationType.Relative32, "entrypoint", UnwindTests.CodeOfFrames, section: 6);
        TestObject member = new TestObject().WithSection(".text", zeros).WithSymbol("f", 1);
        return [entry.Input("entry.o"), TestArchive.Of("lib.a", ("f.o", member, ["f"]))];
    }
}
