using System.Buffers.Binary;
using System.Runtime.Intrinsics.X86;
using Hyperlight.Hypervisors.Whp;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>Tests the translation of XSAVE areas (Intel SDM volume 1, section 13.4). No test needs a hypervisor.</summary>
public class WhpXsaveTests
{
    private const int Present = 512;
    private const int Components = 520;
    private const ulong IsCompacted = 1UL << 63;

    // A processor with two components of 256 and 64 bytes, the second of which begins at a multiple of 64, and a supervisor component.
    private static readonly Dictionary<int, XsaveComponent> Processor = new()
    {
        [2] = new(256, 576, false),
        [5] = new(24, 1088, false),
        [6] = new(64, 1152, true),
        [11] = new(16, 0, false),
    };

    [Fact]
    public void Components_are_moved_to_their_places()
    {
        // Component 5 ends at 856, so that component 6 begins at 896.
        byte[] area = Area(components: 0b110_0100, present: 0b110_0111, size: 960);
        area.AsSpan(0, 512).Fill(1);
        area.AsSpan(576, 256).Fill(2);
        area.AsSpan(832, 24).Fill(5);
        area.AsSpan(856, 40).Fill(0xEE);
        area.AsSpan(896, 64).Fill(6);

        byte[] standard = WhpXsave.ToStandard(area, number => Processor[number]);

        Assert.Equal(4096, standard.Length);
        Assert.All(standard[..512], value => Assert.Equal(1, value));
        Assert.Equal(0b110_0111UL, BinaryPrimitives.ReadUInt64LittleEndian(standard.AsSpan(Present)));
        Assert.Equal(0UL, BinaryPrimitives.ReadUInt64LittleEndian(standard.AsSpan(Components)));
        Assert.All(standard[576..832], value => Assert.Equal(2, value));
        Assert.All(standard[1088..1112], value => Assert.Equal(5, value));
        Assert.All(standard[1152..1216], value => Assert.Equal(6, value));
        Assert.DoesNotContain((byte)0xEE, standard);
    }

    [Fact]
    public void Components_that_are_not_in_use_are_zero_and_those_of_the_system_are_left_out()
    {
        byte[] area = Area(components: 0b1000_0000_0100, present: 0b1000_0000_0011, size: 848);
        area.AsSpan(576, 256).Fill(2);
        area.AsSpan(832, 16).Fill(11);

        byte[] standard = WhpXsave.ToStandard(area, number => Processor[number]);

        Assert.All(standard[..512].Concat(standard[576..]), value => Assert.Equal(0, value));
    }

    [Fact]
    public void An_area_grows_with_a_component_behind_its_end()
    {
        byte[] area = Area(components: 1UL << 18, present: 1UL << 18, size: 576 + 8192);
        area.AsSpan(576).Fill(18);

        byte[] standard = WhpXsave.ToStandard(area, _ => new(8192, 2816, true));

        Assert.Equal(2816 + 8192, standard.Length);
        Assert.All(standard[2816..], value => Assert.Equal(18, value));
    }

    [Fact]
    public void A_standard_area_stays_as_it_is()
    {
        byte[] area = new byte[1088];
        area.AsSpan().Fill(7);
        area.AsSpan(Components, 8).Clear();

        byte[] standard = WhpXsave.ToStandard(area, number => Processor[number]);

        Assert.Equal(area, standard[..1088]);
        Assert.All(standard[1088..], value => Assert.Equal(0, value));
    }

    /// <summary>WHP takes an area back only with the components that it has written (whp sheet, section 9).</summary>
    [Fact]
    public void A_reset_area_keeps_its_components_and_nothing_else()
    {
        byte[] area = Area(components: 0b110_0100, present: 0b110_0111, size: 960);
        ulong components = BinaryPrimitives.ReadUInt64LittleEndian(area.AsSpan(Components));
        area.AsSpan(576).Fill(2);

        WhpXsave.Reset(area);

        Assert.Equal(0x37F, BinaryPrimitives.ReadUInt16LittleEndian(area));
        Assert.Equal(0x1F80u, BinaryPrimitives.ReadUInt32LittleEndian(area.AsSpan(24)));
        Assert.Equal(3UL, BinaryPrimitives.ReadUInt64LittleEndian(area.AsSpan(Present)));
        Assert.Equal(components, BinaryPrimitives.ReadUInt64LittleEndian(area.AsSpan(Components)));
        Assert.All(area[(Components + 8)..], value => Assert.Equal(0, value));
    }

    /// <summary>The upper halves of the AVX registers have had this place and size since the first processor with AVX.</summary>
    [Fact]
    public void The_place_of_AVX_is_that_of_the_manual()
    {
        Assert.SkipUnless(Avx.IsSupported, "probe Avx: this processor has no AVX");

        Assert.Equal(new XsaveComponent(256, 576, false), WhpXsave.ComponentOf(2));
    }

    private static byte[] Area(ulong components, ulong present, int size)
    {
        byte[] area = new byte[size];
        BinaryPrimitives.WriteUInt64LittleEndian(area.AsSpan(Present), present);
        BinaryPrimitives.WriteUInt64LittleEndian(area.AsSpan(Components), components | IsCompacted);
        return area;
    }
}
