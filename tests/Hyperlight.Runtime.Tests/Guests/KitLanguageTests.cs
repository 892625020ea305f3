using Hyperlight.Baking;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>Tests what the C language promises: guests of the kit have it, or a finding or the linker refuses them.</summary>
public sealed class KitLanguageTests : IDisposable
{
    private readonly KitBuild _kit = new();

    public void Dispose() => _kit.Dispose();

    [KvmTheory]
    [InlineData("amd64")]
    [InlineData("i686")]
    [InlineData("i686-identity")]
    public void A_guest_of_the_kit_has_thread_local_variables_constructors_and_alignment(string architecture) =>
        RunsAsC(architecture, KitBuild.Compilers);

    [KvmFact]
    public void Code_of_the_large_model_finds_the_variables_of_others()
    {
        Assert.SkipUnless(KitBuild.Compilers.Contains("gcc"), "probe C compiler: gcc is not there");
        Assert.True(_kit.TryBuildText(
            Guest("__asm__(\".data\\n.globl elsewhere\\nelsewhere: .long 7\\n\"); extern int elsewhere "
                + "__attribute__((visibility(\"default\"))); static int32_t count(void) { return elsewhere; }"),
            "amd64", "gcc", out string elf, out string errors, "-mcmodel=large"), errors);

        using TestGuest guest = TestGuest.FromFile(elf);
        using Sandbox sandbox = guest.Start();
        Assert.Equal(7, sandbox.Call<int>("Count"));
    }

    [Fact]
    public void A_linker_that_puts_data_over_thread_local_variables_is_refused()
    {
        Assert.SkipUnless(
            KitBuild.Compilers.Contains("gcc") && File.Exists("/usr/bin/ld.gold"), "probe linker: gcc and gold are not there");
        Assert.False(_kit.TryBuildText(
            Guest("__thread int32_t one = 3; static __thread int32_t two; static int32_t count(void) { int32_t *volatile place = &two; "
                + "return ++*place + one; }"),
            "i686", "gcc -fuse-ld=gold", out _, out string errors));

        Assert.Contains("this linker puts other data over the thread-local variables", errors, StringComparison.Ordinal);
    }

    /// <summary>Uses one compiler only, because compiling a guest takes 16 seconds in the lab, where this test runs.</summary>
    [KvmFact(Needs.Paging32)]
    public void A_paged_32_bit_guest_of_the_kit_has_thread_local_variables_constructors_and_alignment() =>
        RunsAsC("i686-paged", KitBuild.Compilers[..Math.Min(1, KitBuild.Compilers.Length)]);

    [Theory]
    [InlineData("amd64")]
    [InlineData("i686")]
    public void What_a_guest_of_the_kit_cannot_have_is_named_by_a_finding_or_by_the_linker(string architecture)
    {
        Assert.SkipWhen(KitBuild.Compilers.Length == 0, "probe C compiler: neither gcc nor clang is there");
        foreach (string compiler in KitBuild.Compilers)
        {
            // GNU ld leaves an undefined weak symbol out of the ELF file, so the build script of the kit reports it.
            string found = Findings(
                "__attribute__((weak)) int missing(int); static int32_t count(void) { return missing(3); }",
                architecture,
                compiler,
                out string said);
            Assert.Contains("HL1022: the function '_call_count' calls ", found, StringComparison.Ordinal);
            Assert.Contains("the weak symbol 'missing'", said + found, StringComparison.Ordinal);
            found = Findings(
                "__attribute__((weak)) int missing(int); static int32_t count(void) { return missing ? missing(3) : 7; }",
                architecture,
                compiler,
                out said);
            Assert.DoesNotContain("HL1022", found, StringComparison.Ordinal);
            Assert.Contains("nothing defines the weak symbol 'missing'", said + found, StringComparison.Ordinal);
            Assert.Contains(
                " is chosen by the resolver 'choose' when the program starts (IFUNC",
                Findings(
                    "static int one(void) { return 1; } static int two(void) { return 2; } int which; __attribute__((used)) static int "
                        + "(*choose(void))(void) { return which ? one : two; } "
                    + "int chosen(void) __attribute__((ifunc(\"choose\"))); static int32_t count(void) { return chosen(); }", architecture,
                    compiler, out _), StringComparison.Ordinal);

            Assert.False(
                _kit.TryBuildText(
                    Guest("int missing(int); static int32_t count(void) { return missing(3); }"),
                    architecture,
                    compiler,
                    out _,
                    out string errors));
            Assert.Contains("missing", errors, StringComparison.Ordinal);
            Assert.False(_kit.TryBuildText(
                Guest("__thread int wide __attribute__((aligned(256))) = 1; static int32_t count(void) { return ++wide; }"), architecture,
                compiler, out _, out errors));
            Assert.Contains("thread-local variables can be aligned to 64 bytes at most", errors, StringComparison.Ordinal);
        }
    }

    private string Findings(string code, string architecture, string compiler, out string said)
    {
        List<Finding> findings = [];
        Assert.True(_kit.TryBuildText(Guest(code), architecture, compiler, out string elf, out said), said);
        GuestBaker.Validate(new() { GuestName = "text", Guest = File.ReadAllBytes(elf) }, findings);
        return string.Join('\n', findings);
    }

    private static string Guest(string code) =>
        $"#include <hyperlight_guest.h>\n{code}\nHYPERLIGHT_WRAP_FUNCTION(count, Int, 0)\nvoid hyperlight_main(void) {{ "
            + $"HYPERLIGHT_REGISTER_FUNCTION(\"Count\", count); }}\n";

    private void RunsAsC(string architecture, string[] compilers)
    {
        Assert.SkipWhen(compilers.Length == 0, "probe C compiler: neither gcc nor clang is there");
        foreach (string compiler in compilers)
        {
            string elf = _kit.Build("language.c", architecture, compiler);
            List<Finding> findings = [];
            Assert.NotNull(GuestBaker.Bake(new() { GuestName = "language", Guest = File.ReadAllBytes(elf) }, findings));
            Assert.DoesNotContain(findings, finding => finding.Rule.Severity > FindingSeverity.Information);

            using TestGuest guest = TestGuest.FromFile(elf);
            using Sandbox sandbox = guest.Start();
            Assert.Equal(1234, sandbox.Call<int>("Constructed"));
            Assert.Equal(0, sandbox.Call<int>("Misplaced"));
            Assert.Equal(0, sandbox.Call<int>("Misaligned"));
            Assert.Equal(7, sandbox.Call<int>("Count"));
            using Snapshot snapshot = sandbox.TakeSnapshot();
            Assert.Equal(9, sandbox.Call<int>("Count"));
            sandbox.Restore(snapshot);
            Assert.Equal(9, sandbox.Call<int>("Count"));

            // A new sandbox has variables of its own. A sandbox that starts from a snapshot has the variables of the snapshot.
            using Sandbox other = guest.Start();
            Assert.Equal(7, other.Call<int>("Count"));
        }
    }
}
