using Hyperlight.Conformance;

namespace Hyperlight.CSharpGuest.Tests;

/// <summary>
/// Runs the checks of tests/guests/csharp/Conformance in this process and in a guest, and compares both with the same file. The two do not
/// run on one machine, because the kernel of the lab does not survive a null reference of .NET outside of a guest.
/// </summary>
public sealed class ConformanceTests
{
    private static readonly string ResultsFile = Path.Combine(Repository.Root, "tests", "guests", "csharp", "Conformance", "results.txt");

    /// <summary>The checks whose results differ in a guest, and why.</summary>
    private static readonly Dictionary<string, string> Differences = [];

    private static readonly string[] Results = File.ReadAllLines(ResultsFile);

    [Fact]
    public void The_checks_have_the_results_of_the_file_in_this_process()
    {
        Assert.True(AllChecks.List.Count > 700);
        Assert.Equal(AllChecks.List.Count, AllChecks.List.DistinctBy(check => check.Name).Count());
        Assert.Equal(Results, AllChecks.List.Select(check => LineOf(check, check.Run())));
    }

    [KvmFact(Needs.Sse)]
    public void The_base_class_library_behaves_in_a_guest_as_in_a_process()
    {
        using GuestImage image = CSharpGuest.Open("Conformance");
        using Sandbox sandbox = image.CreateSandbox(options =>
        {
            options.Print = options.DebugPrint = TextWriter.Null;
            options.CallTimeout = TimeSpan.FromSeconds(60);
        });
        Assert.Equal(AllChecks.List.Count, sandbox.Call<int>("Count"));

        List<string> different = [];
        for (int i = 0; i < AllChecks.List.Count && sandbox.State == SandboxState.Ready; i++)
        {
            Check check = AllChecks.List[i];
            string line = LineOf(check, Run(sandbox, i));
            if (line != Results[i] != Differences.ContainsKey(check.Name))
            {
                different.Add($"expected {Results[i]}\nfound    {line}");
            }
        }

        Assert.True(different.Count == 0, string.Join('\n', different));
    }

    [KvmFact(Needs.Sse)]
    public void What_a_guest_writes_to_its_console_is_in_its_log()
    {
        using GuestImage image = CSharpGuest.Open("Conformance");
        List<string> log = [];
        using Sandbox sandbox = image.CreateSandbox(options =>
        {
            options.LogLevel = GuestLogLevel.Information;
            options.Log = record => log.Add($"{record.Level} {record.Message}");
        });

        sandbox.Call<string>("Run", AllChecks.List.Select(check => check.Name).ToList().IndexOf("environment/console"));

        Assert.Equal(
            ["Information written by a check", "Warning written to the error stream by a check"],
            log.Where(line => line.EndsWith("by a check", StringComparison.Ordinal)));
    }

    private static string Run(Sandbox sandbox, int index)
    {
        try
        {
            return sandbox.Call<string>("Run", index);
        }
        catch (HyperlightException failure)
        {
            return failure.Message;
        }
    }

    // One line of the file: the name and the result, with line ends as \n.
    private static string LineOf(Check check, string result) =>
        $"{check.Name}\t{result.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal)}";
}
