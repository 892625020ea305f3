using System.Diagnostics;
using System.Text.RegularExpressions;
using Hyperlight.Runtime.Tests.Guests;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Debugging;

/// <summary>Tests the real gdb and LLDB with guests in C.</summary>
public sealed class RealDebuggerTests : IDisposable
{
    // Lines are counted in the test.
    private const string Source = """
        #include <hyperlight_guest.h>

        static int32_t add(int32_t left, int32_t right)
        {
            int32_t sum = left + right;
            return sum;
        }
        HYPERLIGHT_WRAP_FUNCTION(add, Int, 2, Int, Int)

        void hyperlight_main(void)
        {
            HYPERLIGHT_REGISTER_FUNCTION("Add", add);
        }
        """;

    private static readonly string Script = Path.Combine(Repository.Root, "sdk", "guest", "build-guest.sh");

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hl-gdb-");

    public void Dispose() => _directory.Delete(recursive: true);

    [KvmTheory(Needs.Kvm)]
    [InlineData("amd64", "rip")]
    [InlineData("i686", "eip")]
    public async Task Gdb_breaks_by_name_steps_prints_and_detaches(string architecture, string instructionPointer)
    {
        Probes.SkipIf(Gdb.Missing);
        string elf = Build(architecture);
        using TestGuest guest = TestGuest.FromFile(elf);
        int port = Gdb.FreePort();
        Task<int> added = AddTwice(guest, port);

        string shown = Gdb.Run(
            elf,
            Gdb.Connect(port),
            "break add",
            "continue",
            "backtrace",
            "print left * 1000 + right",
            "watch sum",
            "continue",
            "delete",
            "next",
            "print sum",
            "rwatch sum",
            "continue",
            "delete",
            "thbreak add",
            "info registers " + instructionPointer,
            "stepi",
            "x/i $pc",
            "continue",
            "detach");

        Assert.Equal(45, await added);
        Assert.Contains("Breakpoint 1, add (left=20, right=22) at ./guest.c:5", shown, StringComparison.Ordinal);
        Assert.Contains("#0  add (left=20, right=22) at ./guest.c:5", shown, StringComparison.Ordinal);
        Assert.Matches(@"#1 .* at \./guest\.c:8\n", shown);
        Assert.Contains("return sum;", shown, StringComparison.Ordinal);
        Assert.Contains("= 20022", shown, StringComparison.Ordinal);
        Assert.Contains("New value = 42", shown, StringComparison.Ordinal);
        Assert.Contains("= 42", shown, StringComparison.Ordinal);
        Assert.Contains("Could not insert hardware watchpoint", shown, StringComparison.Ordinal);
        Assert.Contains("Temporary breakpoint 4, add (left=1, right=2) at ./guest.c:5", shown, StringComparison.Ordinal);
        Assert.Matches(instructionPointer + @"\s+0x[0-9a-f]+", shown);
        Assert.Contains("detached", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("warning: ", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("Cannot insert", shown, StringComparison.Ordinal);
    }

    [KvmTheory(Needs.Kvm)]
    [InlineData("amd64", "rip")]
    [InlineData("i686", "eip")]
    public async Task Lldb_breaks_by_name_steps_prints_and_detaches(string architecture, string instructionPointer)
    {
        Probes.SkipIf(Lldb.Missing);
        string elf = Build(architecture);
        using TestGuest guest = TestGuest.FromFile(elf);
        int port = Gdb.FreePort();
        Task<int> added = AddTwice(guest, port);

        string shown = Lldb.Run(
            elf,
            Lldb.Connect(port),
            "breakpoint set --name add",
            "continue",
            "bt",
            "watchpoint set variable sum",
            "continue",
            "watchpoint delete --force",
            "next",
            "frame variable",
            "register read " + instructionPointer,
            "register write eax 7",
            "stepi",
            "memory read --size 4 --format d --count 1 &sum",
            "continue",
            "detach");

        // LLDB wrote the result of the first call.
        Assert.Equal(7 + 3, await added);
        Assert.Contains("stop reason = breakpoint 1.1", shown, StringComparison.Ordinal);
        Assert.Matches(@"frame #0: .*`add\(left=20, right=22\) at guest\.c:5", shown);
        Assert.Matches(@"frame #1: .*`_call_add\(.*\) at guest\.c:8", shown);
        Assert.Matches("stop reason = watchpoint 1", shown);
        Assert.Contains("(int32_t) sum = 42", shown, StringComparison.Ordinal);
        Assert.Matches(instructionPointer + " = 0x[0-9a-f]+", shown);
        Assert.Matches("0x[0-9a-f]+: 42", shown);
        Assert.Matches(@"`add\(left=1, right=2\) at guest\.c:5", shown);
        Assert.Contains("detached", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("error: ", shown, StringComparison.Ordinal);
    }

    [KvmTheory(Needs.Kvm)]
    [InlineData("amd64", "divide_by_zero")]
    [InlineData("amd64", "give_up")]
    [InlineData("i686", "divide_by_zero")]
    [InlineData("i686", "give_up")]
    public void Gdb_shows_where_the_guest_of_a_poisoned_sandbox_crashed(string kind, string function) => AssertCrashShown(kind, function);

    [KvmTheory(Needs.Kvm | Needs.Paging32 | Needs.Sse)]
    [InlineData("i686-paged", "divide_by_zero")]
    [InlineData(CrashGuest.WithLibc, "divide_by_zero")]
    [InlineData(CrashGuest.WithLibc, "assert_nonsense")]
    public void Gdb_shows_where_a_guest_crashed_that_some_machines_cannot_run(string kind, string function) =>
        AssertCrashShown(kind, function);

    private static void AssertCrashShown(string kind, string function)
    {
        Probes.SkipIf(Gdb.Missing);
        using CrashGuest guest = new(kind);
        int port = Gdb.FreePort();
        using Sandbox sandbox = guest.Guest.Start(options => options.Debugger = new(port) { WaitsForClient = false });
        Assert.ThrowsAny<GuestFailedException>(() => sandbox.Call(function));

        string shown = Gdb.Run(guest.SymbolFile, Gdb.Connect(port), "backtrace", "detach");

        string place = Regex.Escape(CrashGuest.PlaceOf(function)).Replace(@"\ \(", @" \(\) at .*/", StringComparison.Ordinal)[..^2];
        Assert.Matches(@"#\d+ .*\b" + place + "\n", shown);
        Assert.Matches(@"#\d+ .* in dispatch_entry \(\) at .*/entry\.S:\d+\n", shown);
        Assert.Equal(SandboxState.Poisoned, sandbox.State);
    }

    private static Task<int> AddTwice(TestGuest guest, int port) => Task.Run(() =>
    {
        using Sandbox sandbox = guest.Start(options => options.Debugger = new(port));
        return sandbox.Call<int>("Add", 20, 22) + sandbox.Call<int>("Add", 1, 2);
    });

    /// <summary>Compiles the guest with lines, which the script leaves out of the ELF file.</summary>
    private string Build(string architecture)
    {
        Assert.SkipWhen(KitBuild.Compilers.Length == 0, "probe C compiler: neither gcc nor clang is there");
        string compiler = KitBuild.Compilers[0];
        string wrapper = Path.Combine(_directory.FullName, compiler + "-keeping-lines");
        string source = Path.Combine(_directory.FullName, "guest.c");
        string elf = Path.Combine(_directory.FullName, "guest.elf");
        File.WriteAllText(source, Source);
        File.WriteAllText(
            wrapper,
            $"""
            #!/bin/bash
            for argument in "$@"; do [ "$argument" = -Wl,--strip-debug ] || arguments+=("$argument"); done
            exec {compiler} -gdwarf-4 "${"{arguments[@]}"}"
            """);
        Assert.Equal(0, FinishedProcess.RunTool("chmod", "+x", wrapper)?.ExitCode);
        FinishedProcess build = FinishedProcess.Run(
            new ProcessStartInfo("sh", [Script, source, "--arch", architecture, "-o", elf, "--", "-O0"])
            {
                Environment = { ["HYPERLIGHT_CC"] = wrapper },
            });
        Assert.True(build.ExitCode == 0, build.Error);
        return elf;
    }
}
