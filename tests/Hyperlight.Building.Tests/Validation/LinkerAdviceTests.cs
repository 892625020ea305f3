using System.Text.RegularExpressions;
using Hyperlight.Baking;
using Hyperlight.Building.Tests.Elf;

namespace Hyperlight.Building.Tests.Validation;

/// <summary>
/// Tests that the advice of findings works with the linker that made the guest. A test is skipped if its linker is missing.
/// </summary>
public sealed partial class LinkerAdviceTests : IDisposable
{
    private const string Guest = "int x[3]; void entrypoint(void) { for (;;) x[1]++; }";
    private const string Freestanding = "-O1 -ffreestanding -nostdlib -Wl,-e,entrypoint -Wl,-z,noexecstack";
    private const string Fixed = Freestanding + " -fno-pie -no-pie -static";

    private readonly NativeTools _tools = new();

    public void Dispose() => _tools.Dispose();

    [Theory]
    [InlineData("bfd")]
    [InlineData("gold")]
    [InlineData("lld")]
    [InlineData("mold")]
    public void A_guest_that_is_linked_elsewhere_is_told_the_option_of_its_linker(string linker)
    {
        string arguments = $"{Fixed} -fuse-ld={linker}";
        string told = Validate(arguments, "HL2010");
        Match option = Option().Match(told);
        Assert.True(option.Success, told);

        Validate($"{arguments} {option.Value}");
    }

    [Theory]
    [InlineData("bfd")]
    [InlineData("lld")]
    public void A_guest_in_one_writable_and_executable_segment_is_told_to_leave_the_option_that_made_it(string linker)
    {
        // The segment starts behind the headers and not at a page, which is another finding. GNU ld drops the option for
        // position-independent code.
        List<Finding> findings = Findings(_tools.Compile(Guest, $"{Freestanding} -fPIE -static-pie -fuse-ld={linker} -Wl,-N"));
        Assert.Equal(["HL1017", "HL2010"], findings.Select(finding => finding.Rule.Code).Order(StringComparer.Ordinal));
        Assert.Contains(
            "link without -N (--omagic)", findings.Single(finding => finding.Rule == Rules.WritableCode).Message, StringComparison.Ordinal);

        Validate($"{Freestanding} -fPIE -static-pie -fuse-ld={linker}");
    }

    [Theory]
    [InlineData("bfd", true)]
    [InlineData("lld", true)]
    [InlineData("mold", true)]
    [InlineData("gold", false)]
    public void A_guest_with_a_dynamic_loader_is_told_an_option_that_its_linker_has(string linker, bool hasOption)
    {
        string told = Validate($"{Freestanding} -fPIE -pie -fuse-ld={linker}", "HL1011");

        Assert.Equal(hasOption, told.Contains("--no-dynamic-linker", StringComparison.Ordinal));
        Assert.Equal(!hasOption, told.Contains("-fuse-ld=bfd", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_separated_from_a_guest_for_debuggers_is_HL1024_and_nothing_else()
    {
        string file = _tools.Compile(Guest, $"{Freestanding} -g -fPIE -static-pie");

        Assert.Equal("HL1024", Assert.Single(Findings(NativeTools.KeepDebug(file))).Rule.Code);
        Assert.Empty(Findings(file));
    }

    /// <summary>Links and validates a guest and asserts the codes of its findings.</summary>
    private string Validate(string arguments, params string[] codes)
    {
        List<Finding> findings = Findings(_tools.Compile(Guest, arguments));
        Assert.Equal(codes, findings.Select(finding => finding.Rule.Code));
        return string.Join('\n', findings);
    }

    private static List<Finding> Findings(string file)
    {
        List<Finding> findings = [];
        GuestBaker.Validate(new() { GuestName = "linked", Guest = File.ReadAllBytes(file) }, findings);
        return findings;
    }

    [GeneratedRegex("-Wl,-[^ ,)]+=0x[0-9A-F]+")]
    private static partial Regex Option();
}
