using System.Globalization;
using System.Text.RegularExpressions;
using Hyperlight.Layouts;

namespace Hyperlight.Image.Tests.Layouts;

/// <summary>Tests that a size proposed by a finding is accepted, and that one cause gives one finding.</summary>
public sealed partial class RemedyTests
{
    /// <summary>
    /// Tries sizes around every limit of every layout. With the proposed size in place of the refused one, only findings about other sizes
    /// are left.
    /// </summary>
    [Fact]
    public void A_size_that_a_finding_proposes_passes()
    {
        int proposals = 0;
        HashSet<string> rules = [];
        foreach ((GuestLayout layout, ulong codeSize, GuestSizes sizes) in Cases())
        {
            List<Finding> findings = Findings(layout, codeSize, sizes);
            foreach (Finding finding in findings)
            {
                foreach (Match match in Proposal().Matches(finding.Message))
                {
                    proposals++;
                    rules.Add(finding.Rule.Code);
                    ulong size = ulong.Parse(match.Groups["size"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                    List<Finding> rest = Findings(layout, codeSize, With(sizes, match.Groups["name"].Value, size));

                    // A proposed scratch size fits beside the guest. Other faults in the guest's place are found only when there is a map.
                    string text = $"{layout.Id}, code 0x{codeSize:X}, {sizes}\n{finding}\nbut then:\n{string.Join('\n', rest)}";
                    Assert.False(rest.Exists(other => other.Rule == finding.Rule && Same(other, finding)), text);
                    Assert.False(finding.Rule == Rules.ScratchTooSmall
                        && rest.Exists(other => other.Message.Contains("scratch region", StringComparison.Ordinal)), text);
                }
            }
        }

        Assert.True(proposals > 200, $"only {proposals}");
        Assert.Equal(["HL2004", "HL2005", "HL2007", "HL2008", "HL2009", "HL2011", "HL2012"], rules.Order(StringComparer.Ordinal));
    }

    /// <summary>Sizes with one fault give one finding.</summary>
    [Theory]
    [InlineData("amd64-0.16", "HeapSize", 0x4_0000_0000, "HL2008")]
    [InlineData("amd64-0.16", "HeapSize", 0x2000_0000, "HL2007")]
    [InlineData("amd64-0.16", "ScratchSize", 0x4_0000_0000, "HL2008")]
    [InlineData("amd64-0.16", "ScratchSize", 0x48001, "HL2012")]
    [InlineData("amd64-0.16", "ScratchSize", 0x1000, "HL2007")]
    [InlineData("amd64-0.16", "InputBufferSize", 0x1000, "HL2011")]
    [InlineData("i686-0.13", "HeapSize", 0x4000_0000, "HL2008")]
    [InlineData("i686-0.13", "ScratchSize", 0x140_0000, "HL2009")]
    [InlineData("i686-0.13", "ScratchSize", 0x3000_0000, "HL2009")]
    [InlineData("i686-0.15", "HeapSize", 0xFED0_0000, "HL2007")]
    [InlineData("i686-0.15", "HeapSize", 0xFFFF_F000, "HL2008")]
    public void One_size_that_is_wrong_is_one_finding(string layout, string name, ulong size, string code)
    {
        List<Finding> findings = Findings(GuestLayouts.Find(layout)!, 0x5000, With(new(), name, size));

        Assert.Equal([code], findings.Select(finding => finding.Rule.Code));
    }

    private static IEnumerable<(GuestLayout Layout, ulong CodeSize, GuestSizes Sizes)> Cases()
    {
        GuestLayout[] layouts = [.. GuestLayouts.All, GuestLayouts.I686Flat.PlacedAt(new(0xFEB0_0000)),
            GuestLayouts.I686Flat.PlacedAt(new(0xC000_0000)), GuestLayouts.I686Flat.PlacedAt(new(0xFFF0_0000))];
        ulong[] heaps = [0x2_0000, 0x2000_0000, 0x3FFF_F000, 0x4000_0000, 0xFE00_0000, 0xFEDF_0000, 0xFFF0_0000, 0x3_FFFF_0000,
            0x4_0000_0000, ulong.MaxValue];
        ulong[] scratches = [0, 0x1000, 0xA000, 0x4_8000, 0x4_8001, 0x12_3456, 0x20_0000, 0x120_0000, 0x140_0000, 0x3FFF_F000, 0x4000_0000,
            0xF000_0000, 0x4_0000_0000];
        ulong[] codes = [0x1234, 0x3FFF_0000];
        return from layout in layouts
               from heap in heaps
               from scratch in scratches
               from code in codes
               from buffer in (ulong[])[0x1000, 0x4000, 0x123456]
               let interrupts = buffer == 0x123456
               select (layout, code, new GuestSizes
               {
                   HeapSize = heap,
                   ScratchSize = scratch,
                   InputBufferSize = buffer,
                   HardwareInterrupts = interrupts,
                   InitDataSize = scratch & 0xFFF,
               });
    }

    private static List<Finding> Findings(GuestLayout layout, ulong codeSize, GuestSizes sizes)
    {
        List<Finding> findings = [];
        bool created = MemoryMap.TryCreate(layout, sizes, codeSize, null, findings) is not null;
        Assert.Equal(created, findings.Count == 0);
        return findings;
    }

    private static GuestSizes With(GuestSizes sizes, string name, ulong size) => name switch
    {
        "HeapSize" => sizes with { HeapSize = size },
        "ScratchSize" => sizes with { ScratchSize = size },
        "InputBufferSize" => sizes with { InputBufferSize = size },
        _ => sizes with { OutputBufferSize = size },
    };

    private static bool Same(Finding one, Finding other) => one.Message.Split(' ')[0] == other.Message.Split(' ')[0];

    [GeneratedRegex(
        "(?:raise|lower|make) (?<name>[A-Z][A-Za-z]*Size) (?:to )?at (?:least|most) 0x(?<size>[0-9A-F]+)|(?<name>ScratchSize) is .*: make "
            + "it 0x(?<size>[0-9A-F]+)")]
    private static partial Regex Proposal();
}
