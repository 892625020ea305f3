using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hyperlight.Hypervisors;
using Hyperlight.Hypervisors.Whp;

namespace Hyperlight.Runtime.Tests.Hypervisors.Whp;

/// <summary>Tests that structures and numbers are those of the platform's headers (whp sheet, sections 6 and 7).</summary>
public class WhpLayoutTests
{
    /// <summary>Each row has a name in the order of section 6, from a number on.</summary>
    public static TheoryData<uint, string> Registers => new()
    {
        { 0, "Rax Rcx Rdx Rbx Rsp Rbp Rsi Rdi R8 R9 R10 R11 R12 R13 R14 R15 Rip Rflags" },
        { 0x12, "Es Cs Ss Ds Fs Gs Ldtr Tr Idtr Gdtr Cr0 Cr2 Cr3 Cr4 Cr8 Dr0 Dr1 Dr2 Dr3 Dr6 Dr7 Xcr0" },
        { 0x2000, "Tsc Efer KernelGsBase ApicBase Pat SysenterCs SysenterEip SysenterEsp Star Lstar Cstar Sfmask" },
        { 0x200E, "MtrrDefType" },
        { 0x2010, "MtrrPhysBase0" },
        { 0x2040, "MtrrPhysMask0" },
        { 0x2070, "MtrrFix64k00000 MtrrFix16k80000 MtrrFix16kA0000 MtrrFix4kC0000" },
        { 0x207B, "TscAux Bndcfgs" },
        { 0x207E, "MCount ACount" },
        { 0x208B, "Xss UCet SCet Ssp Pl0Ssp Pl1Ssp Pl2Ssp Pl3Ssp InterruptSspTableAddr" },
        { 0x2095, "TscDeadline TscAdjust" },
        { 0x8000_0000, "PendingInterruption InterruptState PendingEvent" },
    };

    [Fact]
    public void Structures_have_the_sizes_of_the_headers()
    {
        Assert.Equal(224, Unsafe.SizeOf<WhpExitContext>());
        Assert.Equal(16, Unsafe.SizeOf<WhpRegisterValue>());
        Assert.Equal(16, Unsafe.SizeOf<WhpSegment>());
        Assert.Equal(16, Unsafe.SizeOf<WhpTable>());
        Assert.Equal((4, 4), (sizeof(WhpExitReason), sizeof(WhpRegisterName)));
        Assert.Equal((4, 4), (sizeof(WhpCapability), sizeof(WhpProperty)));
    }

    [Theory]
    [InlineData(nameof(WhpExitContext.Reason), 0)]
    [InlineData(nameof(WhpExitContext.InstructionLengthAndCr8), 10)]
    [InlineData(nameof(WhpExitContext.Rip), 32)]
    [InlineData(nameof(WhpExitContext.AccessInfo), 68)]
    [InlineData(nameof(WhpExitContext.Port), 72)]
    [InlineData(nameof(WhpExitContext.GuestAddress), 72)]
    [InlineData(nameof(WhpExitContext.Rax), 80)]
    [InlineData(nameof(WhpExitContext.UnsupportedFeature), 48)]
    [InlineData(nameof(WhpExitContext.UnsupportedFeatureParameter), 56)]
    public void A_field_of_the_exit_lies_where_the_headers_have_it(string field, int offset) =>
        Assert.Equal(offset, Marshal.OffsetOf<WhpExitContext>(field));

    [Fact]
    public void Fields_of_registers_lie_where_the_headers_have_them()
    {
        WhpSegment parts = new() { Base = 0x1122334455667788, Limit = 0x99AABBCC, Selector = 0xDDEE, Attributes = 0xF00F };
        WhpRegisterValue segment = new() { Segment = parts };
        WhpRegisterValue table = new() { Table = new() { Limit = 0x1234, Base = 0x1122334455667788 } };

        Assert.Equal((0x1122334455667788UL, 0xF00F_DDEE_99AA_BBCCUL), (segment.Low, segment.High));
        Assert.Equal((0x1234_0000_0000_0000UL, 0x1122334455667788UL), (table.Low, table.High));
    }

    [Theory]
    [MemberData(nameof(Registers))]
    public void Registers_have_the_numbers_of_the_headers(uint first, string names) => Assert.All(
        names.Split(' '), (name, index) => Assert.Equal(first + (uint)index, (uint)Enum.Parse<WhpRegisterName>(name)));

    /// <summary>
    /// A restore sets back each model-specific register that has a name. EFER is set with the special registers. TSC is in the
    /// list, because Hyper-V moves TSC apart from TSC_ADJUST.
    /// </summary>
    [Fact]
    public void Every_name_of_a_model_specific_register_is_one_that_a_restore_sets_back() => Assert.Subset(
        WhpRegisterList.Candidates.ToHashSet(),
        Enum.GetValues<WhpRegisterName>().Where(name => (uint)name is >= 0x2000 and < 0x3000).Except([WhpRegisterName.Efer]).ToHashSet());

    /// <summary>Bits 0–3 are the type, 4 S, 5–6 DPL, 7 P, 12 AVL, 13 L, 14 D/B, 15 G.</summary>
    [Theory]
    [InlineData(0x009B, 11, 1, 0, 1, 0, 0, 0, 0)]
    [InlineData(0x00F3, 3, 1, 3, 1, 0, 0, 0, 0)]
    [InlineData(0x1080, 0, 0, 0, 1, 1, 0, 0, 0)]
    [InlineData(0x2080, 0, 0, 0, 1, 0, 1, 0, 0)]
    [InlineData(0x4080, 0, 0, 0, 1, 0, 0, 1, 0)]
    [InlineData(0x8080, 0, 0, 0, 1, 0, 0, 0, 1)]
    public void Bits_of_segments_lie_where_the_headers_have_them(
        ushort attributes, byte type, byte s, byte dpl, byte present, byte avl, byte l, byte db, byte g)
    {
        Segment neutral = new()
        {
            Base = 5,
            Limit = 6,
            Selector = 7,
            Type = type,
            S = s,
            Dpl = dpl,
            Present = present,
            Avl = avl,
            L = l,
            Db = db,
            G = g,
        };

        Assert.Equal(attributes, new WhpSegment(neutral).Attributes);
        Assert.Equal(neutral, new WhpSegment(neutral).ToNeutral());
    }
}
