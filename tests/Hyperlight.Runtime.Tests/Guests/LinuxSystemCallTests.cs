using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>
/// Tests each system call of the kit (<c>sdk/guest/src/linux/system_calls.c</c>) by programs in C, whose results have to be those of the
/// Linux on which the tests run.
/// </summary>
public sealed partial class LinuxSystemCallTests
{
    private const int NotThere = -38;

    private static readonly string Table =
        File.ReadAllText(Path.Combine(Repository.Root, "sdk", "guest", "src", "linux", "system_calls.c"));

    [Fact]
    public void Every_system_call_of_the_table_is_called_by_a_program()
    {
        HashSet<string> called = [.. Directory.GetFiles(Path.Combine(Repository.Root, "tests", "guests", "linux"), "*.c")
            .SelectMany(path => Called().Matches(File.ReadAllText(path))).Select(match => match.Groups[1].Value)];

        string[] answered = [.. Entries().Matches(Table).Where(IsAnswered).Select(Name)];

        Assert.InRange(answered.Length, 80, 300);
        Assert.Empty(answered.Except(called));
    }

    /// <summary>Leaves the program for the lab.</summary>
    [Fact]
    public void The_programs_find_no_mistake_of_Linux()
    {
        Dictionary<string, string> texts = TextsOfLinux();
        Assert.Equal("munmap 0, ", texts["storm_of_memory"]);
        Assert.Equal("500 threads ended", texts["storm_of_threads"]);
    }

    [KvmFact(Needs.Sse)]
    public void System_calls_in_a_guest_have_the_results_of_Linux()
    {
        using TestGuest guest = LinuxProgramTests.Program();
        using Sandbox sandbox = guest.Start();
        foreach ((string function, string text) in TextsOfLinux())
        {
            Assert.Equal(text, sandbox.Call<string>(function));
            Assert.Equal(text, sandbox.Call<string>(function));
        }
    }

    /// <summary>The differences that the README of the kit names.</summary>
    [KvmFact(Needs.Sse)]
    public void What_differs_from_Linux_is_what_the_kit_says()
    {
        using TestGuest guest = LinuxProgramTests.Program();
        using Sandbox sandbox = guest.Start();
        const string Expected =
            "mremap -12, mremap -38, munmap 0, brk 0, mmap -19, munmap -22, mprotect -22, mprotect 0, mprotect 0, "
            + "clone -38, futex -38, futex -38, arch_prctl -22, membarrier 31, sched_setaffinity 0, "
            + "open -2, stat -2, access -2, read 0, poll 0, fcntl 0, fcntl 0, 8 pipes -24, 53 files -24, "
            + "getpid 1, getppid 0, getuid 0, geteuid 0, getgid 0, getegid 0, getgroups 0, prctl -22, prlimit64 -1, ";
        Assert.Equal(Expected, sandbox.Call<string>("differences"));
        Assert.Equal(Expected, sandbox.Call<string>("differences"));

        Assert.All([("exit_group", "code 9: exit(9)"), ("exit_main_thread", "code 8: exit(8)")], end =>
        {
            using Sandbox other = guest.Start();
            Assert.Contains(
                end.Item2, Assert.ThrowsAny<HyperlightException>(() => other.Call<string>(end.Item1)).Message, StringComparison.Ordinal);
        });
    }

    [KvmFact(Needs.Sse)]
    public void Other_system_calls_fail_and_the_log_names_each_once()
    {
        List<string> log = [];
        using TestGuest guest = LinuxProgramTests.Program();
        using Sandbox sandbox = guest.Start(options =>
        {
            options.LogLevel = GuestLogLevel.Warning;
            options.Log = record => log.Add(record.Message);
        });
        (int Number, string Text)[] expected =
        [
            .. Entries().Matches(Table).Where(entry => !IsAnswered(entry)).Select(entry => (
                int.Parse(entry.Groups["number"].Value, CultureInfo.InvariantCulture), $"{entry.Groups["number"]} ({Name(entry)})")),
            (500, "500"), (511, "511"),
        ];
        foreach ((int number, string _) in expected.Concat(expected))
        {
            Assert.Equal(NotThere, sandbox.Call<int>("unknown", number));
        }

        Assert.Equal(expected.Select(call => $"System call {call.Text} is not there in a guest and fails with ENOSYS"), log);
    }

    private static bool IsAnswered(Match entry) => entry.Groups["handler"].Value != "NULL";

    private static string Name(Match entry) => entry.Groups["name"].Value;

    private static Dictionary<string, string> TextsOfLinux()
    {
        FinishedProcess run = FinishedProcess.Run(new ProcessStartInfo(KitBuild.NativeLinuxProgram()));
        Assert.True(run.ExitCode == 0, run.Error);
        return run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(": ", 2))
            .ToDictionary(parts => parts[0], parts => parts[1]);
    }

    [GeneratedRegex(@"\{(?<number>\d+), (?<handler>\w+), ""(?<name>\w+)""\}")]
    private static partial Regex Entries();

    [GeneratedRegex(@"(?:\b(?:CALL|SHOW)\(|\bSYS_)(\w+)")]
    private static partial Regex Called();
}
