using System.Globalization;
using System.Xml.Linq;
using Hyperlight.Debugging;

namespace Hyperlight.Runtime.Tests.Debugging;

/// <summary>Tests the answers to packets of a debugger, with a guest that is only memory.</summary>
public class DebugSessionTests
{
    private readonly FakeTarget _target = new(TargetDescription.Amd64);
    private readonly DebugSession _session = new();

    [Fact]
    public void Registers_have_the_numbers_of_gdb()
    {
        Assert.Equal("8877665544332211", Ask("p0"));
        Assert.Equal("0070000000000000", Ask("p7"));
        Assert.Equal("0010400000000000", Ask("p10"));
        Assert.Equal("02020000", Ask("p11"));
        Assert.Equal("08000000", Ask("p12"));
        Assert.Equal("0050000000000000", Ask("p3a"));
        Assert.Equal("E01", Ask("pff"));
        Assert.StartsWith("8877665544332211", Ask("g"), StringComparison.Ordinal);
    }

    [Fact]
    public void Vector_registers_lie_where_XSAVE_puts_them()
    {
        _target.Extended[160] = 0xAB; // XMM0
        _target.Extended[24] = 0x80;  // MXCSR
        _target.Extended[4] = 0x01;   // ST0 is in use

        Assert.StartsWith("ab00", Ask("p28"), StringComparison.Ordinal);
        Assert.Equal("80000000", Ask("p38"));
        Assert.Equal("fcff0000", Ask("p22"));
    }

    [Theory]
    [InlineData(true, "i386:x86-64", 60, "rip", 16)]
    [InlineData(false, "i386", 42, "eip", 8)]
    public void The_description_names_every_register_in_its_order(bool isAmd64, string architecture, int count, string name, int number)
    {
        TargetDescription description = isAmd64 ? TargetDescription.Amd64 : TargetDescription.I386;
        XElement xml = XDocument.Parse(description.Xml).Root!;
        XElement[] registers = [.. xml.Descendants("reg")];

        Assert.Equal(architecture, xml.Element("architecture")!.Value);
        Assert.Equal(count, registers.Length);
        Assert.Equal(name, registers[number].Attribute("name")!.Value);
        Assert.Equal(
            description.Registers.Select(register => (register.Name, (register.Size * 8).ToString(CultureInfo.InvariantCulture))),
            registers.Select(register => (register.Attribute("name")!.Value, register.Attribute("bitsize")!.Value)));
    }

    [Fact]
    public void The_description_can_be_read_in_parts()
    {
        string read = "";
        for (string part = "m"; part[0] == 'm'; read += part[1..])
        {
            part = Ask(string.Create(CultureInfo.InvariantCulture, $"qXfer:features:read:target.xml:{read.Length:x},100"));
        }

        Assert.Equal(TargetDescription.Amd64.Xml, read);
    }

    [Fact]
    public void General_registers_can_be_written_while_a_call_is_stopped()
    {
        Assert.Equal("OK", Ask("P10=3412000000000000"));
        Assert.Equal(0x1234UL, _target.General.Rip);
        Assert.Equal("E01", Ask("P12=08000000"));
        Assert.Equal("OK", Ask("G0100000000000000"));
        Assert.Equal(1UL, _target.General.Rax);
        Assert.Equal(0x1234UL, _target.General.Rip);

        _target.IsInCall = false;
        Assert.Equal("E01", Ask("P10=0000000000000000"));
    }

    [Fact]
    public void Memory_is_read_up_to_its_end_and_written_where_it_is_not_shared()
    {
        Assert.Equal("OK", Ask("M1010,2:abcd"));
        Assert.Equal("OK", Ask("X1012,2:#}"));
        Assert.Equal("abcd237d", Ask("m1010,4"));
        Assert.Equal("0000", Ask("m2ffe,100"));
        Assert.Equal("E01", Ask("m3000,4"));
        Assert.Equal("E01", Ask("M2000,1:00"));
        Assert.Equal("E01", Ask("M1000,2:00"));
        Assert.Equal(PacketReader.MaxLength, Ask("m1000,ffffffffffffffff").Length);
    }

    [Fact]
    public void Breakpoints_are_there_until_they_are_removed()
    {
        Assert.Equal("OK", Ask("Z0,401000,1"));
        Assert.Equal("OK", Ask("Z1,401001,1"));
        Assert.True(_session.Breakpoints.Contains(0x401000) && _session.Breakpoints.Contains(0x401001));
        Assert.Equal("OK", Ask("z0,401000,1"));
        Assert.Equal("OK", Ask("z1,401001,1"));
        Assert.True(_session.Breakpoints.IsEmpty);
    }

    [Fact]
    public void Watched_memory_that_changes_is_found_once()
    {
        Assert.Equal("OK", Ask("Z2,1008,8"));
        Assert.Null(_session.Breakpoints.FindChanged(_target));
        _target.Memory[9] = 1;
        Assert.Equal(0x1008UL, _session.Breakpoints.FindChanged(_target));
        Assert.Null(_session.Breakpoints.FindChanged(_target));
        Assert.Equal("OK", Ask("z2,1008,8"));
        _target.Memory[9] = 2;
        Assert.Null(_session.Breakpoints.FindChanged(_target));
    }

    [Fact]
    public void There_are_at_most_so_many_breakpoints()
    {
        string[] breakpoints =
            [.. Enumerable.Range(0, 2000).Select(i => Ask(string.Create(CultureInfo.InvariantCulture, $"Z0,{i:x},1")))];
        string[] watchpoints =
            [.. Enumerable.Range(0x1000, 100).Select(i => Ask(string.Create(CultureInfo.InvariantCulture, $"Z2,{i:x},1")))];

        Assert.Equal(1024, breakpoints.Count(answer => answer == "OK"));
        Assert.Equal(16, watchpoints.Count(answer => answer == "OK"));
        Assert.Equal("E01", Ask("Z2,1000,11"));
        Assert.Equal("", Ask("Z3,1000,8"));
        Assert.Equal("", Ask("Z4,1000,8"));
    }

    [Theory]
    [InlineData("c", "Continue")]
    [InlineData("s", "Step")]
    [InlineData("vCont;c", "Continue")]
    [InlineData("vCont;s:1;c", "Step")]
    [InlineData("vCont;r401000,401010:1", "Step")]
    [InlineData("D", "Detach")]
    [InlineData("k", "Detach")]
    public void The_guest_goes_on(string packet, string action) =>
        Assert.Equal(action, _session.Answer(packet, _target).Action.ToString());

    [Fact]
    public void A_range_is_left_and_not_a_single_instruction()
    {
        Assert.Equal(DebugAction.Step, _session.Answer("vCont;r401000,401010:1", _target).Action);
        Assert.Equal((0x401000UL, 0x401010UL), _session.StepRange);
        Assert.Equal(DebugAction.Step, _session.Answer("vCont;s:1", _target).Action);
        Assert.Equal(default, _session.StepRange);
    }

    [Fact]
    public void What_is_not_known_is_answered_with_nothing()
    {
        Assert.Equal("", Ask("vMustReplyEmpty"));
        Assert.Equal("", Ask("qTStatus"));
        Assert.Equal("", Ask("!"));
        Assert.Equal("TextSeg=1000", Ask("qOffsets"));
        Assert.Equal("", _session.Answer("qOffsets", new FakeTarget(TargetDescription.I386)).Text);
        Assert.Equal("T05thread:1;", Ask("?"));
        Assert.Contains("qXfer:features:read+", Ask("qSupported:multiprocess+"), StringComparison.Ordinal);
    }

    private string Ask(string packet) => _session.Answer(packet, _target).Text!;
}
