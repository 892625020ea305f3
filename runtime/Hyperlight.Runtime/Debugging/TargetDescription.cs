using System.Collections.Immutable;
using System.Text;
using Hyperlight.Hypervisors;
using Hyperlight.Layouts;

namespace Hyperlight.Debugging;

/// <summary>
/// The registers of a processor in the order of gdb, and the XML text that describes them. The names of features and registers are those
/// of gdb's manual, section "i386 Features".
/// </summary>
internal sealed class TargetDescription
{
    private const string Core = "core";
    private const string Sse = "sse";
    private const string Linux = "linux";
    private const string Segments = "segments";

    // The places in the legacy area of XSAVE (Intel SDM volume 1, table 10-2).
    private const int TagWord = 4;
    private const int Mxcsr = 24;
    private const int FirstX87 = 32;
    private const int FirstXmm = 160;
    private const int RegisterSpacing = 16;
    private const int X87Count = 8;

    // The indices of the registers in KVM's order, see GeneralRegisters.
    private static readonly ImmutableArray<string> GeneralNames =
        ["ax", "bx", "cx", "dx", "si", "di", "sp", "bp", "8", "9", "10", "11", "12", "13", "14", "15", "ip", "flags"];

    private readonly string _architecture;

    private TargetDescription(string architecture, ImmutableArray<DebugRegister> registers)
    {
        _architecture = architecture;
        Registers = registers;
        Xml = WriteXml();
    }

    /// <summary>Gets the description of processors in long mode.</summary>
    public static TargetDescription Amd64 { get; } = new("i386:x86-64",
    [
        .. new[] { "ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "8", "9", "10", "11", "12", "13", "14", "15", "ip" }
            .Select(name => General("r" + name, name, sizeof(ulong))),
        General("eflags", "flags", sizeof(uint)),
        .. SegmentSelectors,
        .. X87,
        .. Vectors(16),
        new(Linux, "orig_rax", sizeof(ulong), "int64") { Value = _ => ulong.MaxValue },
        new(Segments, "fs_base", sizeof(ulong), "int64") { Value = registers => registers.Special.Fs.Base },
        new(Segments, "gs_base", sizeof(ulong), "int64") { Value = registers => registers.Special.Gs.Base },
    ]);

    /// <summary>Gets the description of processors in 32-bit and 16-bit modes.</summary>
    public static TargetDescription I386 { get; } = new("i386",
    [
        .. new[] { "ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "ip" }.Select(name => General("e" + name, name, sizeof(uint))),
        General("eflags", "flags", sizeof(uint)),
        .. SegmentSelectors,
        .. X87,
        .. Vectors(8),
        new(Linux, "orig_eax", sizeof(uint), "int32") { Value = _ => uint.MaxValue },
    ]);

    /// <summary>Gets the registers, in the order of their numbers.</summary>
    public ImmutableArray<DebugRegister> Registers { get; }

    /// <summary>Gets the description for gdb.</summary>
    public string Xml { get; }

    /// <summary>Gets the description of the processor that a guest starts with.</summary>
    public static TargetDescription For(EntryMode mode) => mode == EntryMode.LongMode ? Amd64 : I386;

    private static IEnumerable<DebugRegister> SegmentSelectors =>
    [
        Selector("cs", special => special.Cs),
        Selector("ss", special => special.Ss),
        Selector("ds", special => special.Ds),
        Selector("es", special => special.Es),
        Selector("fs", special => special.Fs),
        Selector("gs", special => special.Gs),
    ];

    private static IEnumerable<DebugRegister> X87 =>
    [
        .. Enumerable.Range(0, X87Count).Select(number => Extended(
            Core, $"st{number}", 10, "i387_ext", FirstX87 + (number * RegisterSpacing), 10)),
        X87Control("fctrl", 0, 2),
        X87Control("fstat", 2, 2),
        new(Core, "ftag", sizeof(uint), "int") { Value = FullTagWord },
        X87Control("fiseg", 12, 2),
        X87Control("fioff", 8, 4),
        X87Control("foseg", 20, 2),
        X87Control("fooff", 16, 4),
        X87Control("fop", 6, 2),
    ];

    private static IEnumerable<DebugRegister> Vectors(int count) =>
    [
        .. Enumerable.Range(0, count).Select(number => Extended(
            Sse, $"xmm{number}", RegisterSpacing, "vec128", FirstXmm + (number * RegisterSpacing), RegisterSpacing)),
        Extended(Sse, "mxcsr", sizeof(uint), "int", Mxcsr, sizeof(uint)),
    ];

    private static DebugRegister General(string name, string general, int size) => new(Core, name, size, general switch
    {
        "ip" => "code_ptr",
        "sp" or "bp" => "data_ptr",
        _ => size == sizeof(ulong) ? "int64" : "int32",
    })
    {
        General = GeneralNames.IndexOf(general),
    };

    private static DebugRegister Selector(string name, Func<SpecialRegisters, Segment> segment) =>
        new(Core, name, sizeof(uint), "int32") { Value = registers => segment(registers.Special).Selector };

    private static DebugRegister X87Control(string name, int offset, int storedSize) =>
        Extended(Core, name, sizeof(uint), "int", offset, storedSize);

    private static DebugRegister Extended(string feature, string name, int size, string type, int offset, int storedSize) =>
        new(feature, name, size, type) { Offset = offset, StoredSize = storedSize };

    // XSAVE keeps one bit for each register that is in use; gdb expects two bits, which are set for each register that is empty.
    private static ulong FullTagWord(ProcessorRegisters registers)
    {
        ulong tags = 0;
        for (int number = 0; number < X87Count; number++)
        {
            tags |= (registers.Extended[TagWord] >> number & 1) == 0 ? 3UL << (2 * number) : 0;
        }

        return tags;
    }

    private string WriteXml()
    {
        StringBuilder xml = new();
        xml.Append("<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target>\n");
        xml.Append("<architecture>").Append(_architecture).Append("</architecture>\n<osabi>none</osabi>\n");
        foreach (IGrouping<string, DebugRegister> feature in Registers.GroupBy(register => register.Feature))
        {
            xml.Append("<feature name=\"org.gnu.gdb.i386.").Append(feature.Key).Append("\">\n");
            if (feature.Key == Sse)
            {
                xml.Append(
                    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>\n<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>\n"
                    + "<vector id=\"v4i32\" type=\"int32\" count=\"4\"/>\n<vector id=\"v2i64\" type=\"int64\" count=\"2\"/>\n"
                    + "<union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/><field name=\"v2_double\" type=\"v2d\"/>"
                    + "<field name=\"v4_int32\" type=\"v4i32\"/><field name=\"v2_int64\" type=\"v2i64\"/>"
                    + "<field name=\"uint128\" type=\"uint128\"/></union>\n");
            }

            foreach (DebugRegister register in feature)
            {
                xml.Append("<reg name=\"").Append(register.Name).Append("\" bitsize=\"").Append(register.Size * 8)
                    .Append("\" type=\"").Append(register.Type).Append("\"/>\n");
            }

            xml.Append("</feature>\n");
        }

        return xml.Append("</target>\n").ToString();
    }
}
