using System.Text.RegularExpressions;

namespace Hyperlight.CSharpGuest.Tests;

/// <summary>Tests the real gdb with a guest in C#.</summary>
public sealed partial class GdbTests(BasicsFixture basics) : IClassFixture<BasicsFixture>
{
    [KvmFact(Needs.Sse)]
    public async Task Gdb_breaks_by_name_steps_prints_and_detaches()
    {
        Probes.SkipIf(Gdb.Missing);
        int port = Gdb.FreePort();

        // The first call executes much code of the runtime, which would be stepped through.
        Sandbox started = basics.Restored();
        started.Call<string>("Check", "sums");
        using Snapshot warm = started.TakeSnapshot();
        Task<string> called = Task.Run(() =>
        {
            using Sandbox sandbox = warm.CreateSandbox(options =>
                (options.Debugger, options.CallTimeout) = (new(port), Timeout.InfiniteTimeSpan));
            return sandbox.Call<string>("Check", "sums") + " " + sandbox.Call<int>("Add", 1, 2);
        });

        string shown = Gdb.Run(
            CSharpGuest.SymbolsOf("Basics"),
            Gdb.Connect(port),
            "break Basics_Basics_Sums__Add",
            "continue",
            "next",
            "backtrace",
            "print count + 1",
            "print weight",
            "print *&name._firstChar@name._stringLength",
            "next",
            "print sum",
            "stepi",
            "next",
            "info locals",
            "print $xmm0.v2_double[0]",
            "finish",
            "delete",
            "continue",
            "detach");

        Assert.Equal("49.5 3", await called);
        Assert.Matches(@"Breakpoint 1, Basics_Basics_Sums__Add \(count=20, .* at .*/Basics/Sums\.cs:13\n", shown);
        Assert.Matches(@"#0  Basics_Basics_Sums__Add \(count=20, weight=22\.5, .* at .*/Sums\.cs:14\n", shown);
        Assert.Matches(@"#1 .* in Basics_Basics_Sums__Total \(\) at .*/Sums\.cs:9\n", shown);
        Assert.Matches(@"#\d .* in Basics_Basics_Basics__Check .* at .*/Basics\.cs:\d+\n", shown);
        Assert.Equal(["21", "22.5", "u\"of both\"", "42.5", "49.5"], Printed().Matches(shown).Select(match => match.Groups[1].Value));
        Assert.Contains("\nsum = 49.5\n", shown, StringComparison.Ordinal);
        Assert.Contains("\nValue returned is $6 = 49.5\n", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("warning", shown, StringComparison.OrdinalIgnoreCase);
    }

    [GeneratedRegex(@"^\$\d = (.*)$", RegexOptions.Multiline)]
    private static partial Regex Printed();
}
