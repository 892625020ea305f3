using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Hyperlight.Baking;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>Runs a program for Linux as a guest: <c>tests/guests/linux</c>, linked with musl.</summary>
public sealed class LinuxProgramTests
{
    /// <summary>Runs where guests with SSE do not, and leaves the ELF file for the lab.</summary>
    [Fact]
    public void A_program_for_Linux_becomes_a_guest_without_a_finding()
    {
        List<Finding> findings = [];
        Assert.NotNull(GuestBaker.Bake(new() { GuestName = "program", Guest = File.ReadAllBytes(KitBuild.LinuxProgram()) }, findings));
        Assert.DoesNotContain(findings, finding => finding.Rule.Severity > FindingSeverity.Information);
    }

    /// <summary>The guest asks for an empty leaf of CPUID instead of leaf 7, so that it sees a processor without FSGSBASE.</summary>
    [KvmFact]
    public void A_processor_without_FSGSBASE_is_named()
    {
        byte[] elf = File.ReadAllBytes(KitBuild.LinuxProgram());
        // mov eax, 7, and cpuid a few bytes later
        Match readLeaf7 = Assert.Single(Regex.Matches(
            Encoding.Latin1.GetString(elf), "\\xB8\\x07\\x00\\x00\\x00(?=.{0,8}\\x0F\\xA2)", RegexOptions.Singleline));
        BitConverter.TryWriteBytes(elf.AsSpan(readLeaf7.Index + 1), 0x4000_0001);

        using TestGuest guest = TestGuest.FromElf(elf);
        Assert.Contains(
            "needs a processor with SSE2 and FSGSBASE (CPUID 7, EBX bit 0), and this one lacks them",
            Assert.ThrowsAny<HyperlightException>(() => guest.Start()).Message,
            StringComparison.Ordinal);
    }

    [KvmFact(Needs.Sse)]
    public void A_program_for_Linux_finds_in_a_guest_what_it_needs()
    {
        using TestGuest guest = Program();
        using Sandbox sandbox = guest.Start();
        Assert.Equal("12345 2500.00 rest 3 1.41421", sandbox.Call<string>("library"));
        Assert.Equal("same", sandbox.Call<string>("exhaustion"));
        Assert.Equal("ENOMEM same", sandbox.Call<string>("mappings"));
        Assert.Equal("11 11.2.1 11 42 11.1 8 4", sandbox.Call<string>("faults"));
        Assert.Equal("1 deep", sandbox.Call<string>("signal_stack"));
        Assert.Equal("10 1010", sandbox.Call<string>("signals"));
        Assert.Equal("-1 38, -1 14, 1 22, -1 9, 1 2", sandbox.Call<string>("errors"));
        Assert.Equal("abc 0", sandbox.Call<string>("pipes"));
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal("400 428 7 4 1 300", sandbox.Call<string>("threads"));
            Assert.Equal("127 EAGAIN", sandbox.Call<string>("many_threads"));
        }

        Assert.Equal("1: 1 1 1 1 1, 1 1", sandbox.Call<string>("program_headers"));
        Assert.Equal("600 0", sandbox.Call<string>("thread_without_guard"));
    }

    [KvmFact(Needs.Sse)]
    public void A_program_for_Linux_ends_with_a_text_that_says_why()
    {
        using TestGuest guest = Program();
        using Sandbox sandbox = guest.Start();
        using Snapshot snapshot = sandbox.TakeSnapshot();
        Assert.All(
            new[]
            {
                ("end", "exit", "code 253: exit(-3)"),
                ("end", "abort", "code 134: something is wrong"),
                ("end", "overflow", "stack overflow of thread 1"),
                ("end", "null", "vector 14"),
                ("end_in_thread", "deadlock", "Deadlock: every thread of the guest waits"),
                ("end_in_thread", "overflow", "stack overflow of thread 2"),
            },
            end =>
            {
                HyperlightException exception = Assert.ThrowsAny<HyperlightException>(() => sandbox.Call<string>(end.Item1, end.Item2));
                Assert.Contains(end.Item3, exception.Message, StringComparison.Ordinal);
                sandbox.Restore(snapshot);
                Assert.Equal("abc 0", sandbox.Call<string>("pipes"));
            });
    }

    [KvmFact(Needs.Sse)]
    public void Output_goes_to_the_log_or_to_the_console_and_unknown_system_calls_are_named_once()
    {
        using TestGuest guest = Program();
        List<string> log = [];
        using (Sandbox sandbox = guest.Start(options =>
        {
            options.LogLevel = GuestLogLevel.Information;
            options.Log = record => log.Add($"{record.Level} {record.Message}");
        }))
        {
            sandbox.Call<string>("print", "here");
            sandbox.Call<string>("errors");
            sandbox.Call<string>("errors");
        }

        Assert.Contains("Information out here", log);
        Assert.Contains("Warning error here", log);
        Assert.Single(log, line => line.Contains("System call 41 (socket) is not there", StringComparison.Ordinal));
        Assert.Single(log, line => line.Contains("System call 500 is not there", StringComparison.Ordinal));

        using StringWriter printed = new();
        using (Sandbox sandbox = guest.Start(options => options.Print = printed))
        {
            sandbox.Call<string>("print", "there");
        }

        Assert.Contains("out there\n", printed.ToString().ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [KvmFact(Needs.Sse)]
    public void Random_numbers_differ_in_clones_and_after_a_restore_and_clocks_go_on()
    {
        using TestGuest guest = Program();
        using Sandbox sandbox = guest.Start();
        sandbox.Call<string>("random_numbers");
        using Snapshot snapshot = sandbox.TakeSnapshot();
        using Sandbox clone = snapshot.CreateSandbox();
        HashSet<string> seen = [];
        foreach (Sandbox each in new[] { sandbox, clone, sandbox })
        {
            Assert.All(each.Call<string>("random_numbers").Split(' '), number => Assert.True(seen.Add(number)));
            if (each == clone)
            {
                sandbox.Restore(snapshot);
            }
        }

        long[] clocks = [.. sandbox.Call<string>("clocks").Split(' ').Select(text => long.Parse(text, CultureInfo.InvariantCulture))];
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Assert.InRange(clocks[0], now - 300, now + 60);
        Assert.InRange(clocks[1], 20, 2000);
    }

    internal static TestGuest Program() => TestGuest.FromFile(
        KitBuild.LinuxProgram(), request => request with { Sizes = new() { HeapSize = 1 << 20, ScratchSize = 16 << 20 } });
}
