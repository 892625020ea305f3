using System.Globalization;
using System.Text.RegularExpressions;
using Hyperlight.Building.Tests.Elf;
using Hyperlight.Elf;
using Hyperlight.Layouts;
using Hyperlight.Testing;
using Hyperlight.Validation;

namespace Hyperlight.Building.Tests.Validation;

public sealed partial class InstructionRulesTests
{
    private const ulong Code = 0x20;
    private static readonly byte[] MultiplySd = [0xF2, 0x0F, 0x59, 0xC1];

    [Theory]
    [InlineData(new byte[] { 0xE6, 0x70 }, "writes to port 0x70 at 0x20")]                                // out %al, $0x70
    [InlineData(new byte[] { 0x90, 0xE4, 0x71 }, "reads from port 0x71 at 0x21")]                         // in $0x71, %al
    [InlineData(new byte[] { 0xBA, 0xF8, 3, 0, 0, 0xB0, 0x41, 0xEE }, "writes to port 0x3F8 at 0x27")] // mov port, %edx; mov $'A', %al; out
    [InlineData(new byte[] { 0x66, 0xBA, 0xF8, 3, 0xEC }, "reads from port 0x3F8 at 0x24")]            // mov $0x3f8, %dx; in (%dx), %al
    public void A_port_without_a_device_warns_with_HL1027_and_the_function(byte[] code, string shown)
    {
        GuestReport report = GuestReport.OfAmd64(TestElf.Amd64().WithCodeAt(Code, code).WithSymbol("poke", Code, (ulong)code.Length));

        Assert.Equal(["HL1027"], report.Codes);
        Assert.Contains("the function 'poke' " + shown, report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_finding_about_code_has_its_function_its_file_and_its_line()
    {
        TestElf guest = TestElf.Amd64().WithCodeAt(Code, 0x90, 0xE6, 0x70).WithSymbol("poke", Code, 3).WithText(0, 0x40)
            .WithLines(Code + 3, (Code, "/src/guest.c", 4), (Code + 1, "/src/guest.c", 5));

        Finding finding = Assert.Single(GuestReport.OfAmd64(guest).Findings);

        Assert.EndsWith("leave the device out of the guest. The code is in 'poke' (guest.c:5).", finding.Message, StringComparison.Ordinal);
        Assert.Equal(new GuestLocation("poke", "/src/guest.c", 5), finding.Location);
    }

    [Theory]
    [InlineData(new byte[] { 0xE7, 108 })]                                     // a port of the host
    [InlineData(new byte[] { 0xE6, 0x20 })]                                    // the interrupt controller
    [InlineData(new byte[] { 0xEE })]                                          // an unknown port
    [InlineData(new byte[] { 0xBA, 0xF8, 3, 0, 0, 0x01, 0xC2, 0xEE })]         // add %eax, %edx: a computed port
    [InlineData(new byte[] { 0xB8, 0xE6, 0x70, 0, 0 })]                        // a number with the bytes of an instruction
    [InlineData(new byte[] { 0x06, 0xE6, 0x70 })]                              // an invalid instruction, which ends the scan
    public void Code_that_uses_no_other_port_is_no_finding(byte[] code) =>
        Assert.Empty(GuestReport.OfAmd64(TestElf.Amd64().WithCodeAt(Code, code).WithSymbol("poke", Code, (ulong)code.Length)).Findings);

    [Fact]
    public void SSE_in_a_32_bit_guest_that_does_not_enable_it_warns_with_HL1026()
    {
        GuestLayout flat = GuestLayouts.I686Flat.PlacedAt(new(0x10_0000));
        TestElf Guest(params byte[] code) =>
            TestElf.I686At(0x10_0000).WithCodeAt(0x10_0020, [.. code]).WithSymbol("multiply", 0x10_0020, (ulong)code.Length);

        GuestReport report = GuestReport.OfValidating(Guest([0x90, .. MultiplySd]), flat);

        Assert.Equal(["HL1026"], report.Codes);
        Assert.Contains("the function 'multiply' has an SSE instruction at 0x100021; i686-flat", report.Text, StringComparison.Ordinal);
        Assert.Empty(GuestReport.OfValidating(Guest([.. MultiplySd, 0x0F, 0x22, 0xE0]), flat).Codes); // mov %eax, %cr4
        Assert.Empty(GuestReport.OfValidating(Guest(0xDC, 0xC9), flat).Codes); // fmul: x87 needs no permission
        Assert.Empty(GuestReport.OfValidating(Guest(0xC5, 0xF8, 0x11), flat).Codes); // an incomplete instruction
        Assert.Empty(GuestReport.OfAmd64(TestElf.Amd64().WithCodeAt(Code, MultiplySd).WithSymbol("multiply", Code, 4)).Findings);
    }

    /// <summary>Compares the ends of all instructions in a C library with objdump.</summary>
    [Fact]
    public void Instructions_are_as_long_as_objdump_prints_them()
    {
        using NativeTools tools = new();
        string file = tools.Compile(
            "#include <stdio.h>\nint main(int n, char **v) { (void)v; return printf(\"%f\", n * 0.5); }", "-O2 -static");
        ElfFile elf = GuestReport.OfReading(File.ReadAllBytes(file)).Elf!;
        int compared = 0;
        (ulong Address, string Line)? before = null;
        foreach (string line in NativeTools.Objdump(file))
        {
            Match match = InstructionLine().Match(line);
            if (!match.Success)
            {
                before = null;
                continue;
            }

            ulong address = ulong.Parse(match.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (before is { } last && !last.Line.Contains("(bad)", StringComparison.Ordinal))
            {
                Assert.True(
                    X86Instruction.TryRead(elf.BytesAt(last.Address, address - last.Address), is64: true, out X86Instruction instruction),
                    last.Line);
                Assert.True(address - last.Address == (ulong)instruction.Length, $"{instruction.Length}: {last.Line}");
                compared++;
            }

            before = (address, line);
        }

        Assert.True(compared > 50_000, $"only {compared}");
    }

    //   401000:	f3 0f 1e fa          	endbr64
    [GeneratedRegex("^ +([0-9a-f]+):\t[0-9a-f]{2} ")]
    private static partial Regex InstructionLine();
}
