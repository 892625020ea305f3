using Hyperlight.Elf;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Validation;

public sealed class LoaderRulesTests
{
    [Fact]
    public void A_guest_with_an_interpreter_reports_HL1011_with_its_path()
    {
        GuestReport report = GuestReport.OfAmd64(TestElf.Amd64().WithInterpreter("/lib64/ld-linux-x86-64.so.2"));

        Assert.Equal(["HL1011"], report.Codes);
        Assert.Contains("'/lib64/ld-linux-x86-64.so.2'", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_that_could_upset_a_terminal_is_shown_without_its_control_characters_and_cut()
    {
        GuestReport report = GuestReport.OfAmd64(TestElf.Amd64().WithInterpreter("\u001b[2J\n" + new string('x', 1000)));

        Assert.Contains("'??2J?" + new string('x', 59) + "…'", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_guest_that_needs_shared_libraries_reports_HL1012_once_with_their_names()
    {
        GuestReport report = GuestReport.OfAmd64(TestElf.Amd64().WithNeeded("libc.so.6").WithNeeded("libm.so.6"));

        Assert.Equal(["HL1012"], report.Codes);
        Assert.Contains("'libc.so.6', 'libm.so.6' (DT_NEEDED)", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_many_shared_libraries_five_are_named()
    {
        TestElf guest = TestElf.Amd64();
        foreach (int number in Enumerable.Range(1, 7))
        {
            guest.WithNeeded($"lib{number}.so");
        }

        Assert.Contains("'lib5.so' and 2 more", GuestReport.OfAmd64(guest).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_guest_with_thread_local_storage_reports_HL1013()
    {
        Assert.Equal(["HL1013"], GuestReport.OfAmd64(TestElf.Amd64().WithTls(8)).Codes);
        Assert.Empty(GuestReport.OfAmd64(TestElf.Amd64().WithTls(0)).Findings);
    }

    [Fact]
    public void A_guest_that_asks_for_an_executable_stack_warns_with_HL1020()
    {
        GuestReport report = GuestReport.OfAmd64(
            TestElf.Amd64().WithStack(ElfSegmentFlags.Read | ElfSegmentFlags.Write | ElfSegmentFlags.Execute));

        Assert.Equal(["HL1020"], report.Codes);
        Assert.Equal(FindingSeverity.Warning, report.Findings[0].Rule.Severity);
        Assert.Empty(GuestReport.OfAmd64(TestElf.Amd64().WithStack(ElfSegmentFlags.Read | ElfSegmentFlags.Write)).Findings);
    }
}
