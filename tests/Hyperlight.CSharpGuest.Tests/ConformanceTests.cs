using Hyperlight.Conformance;

namespace Hyperlight.CSharpGuest.Tests;

/// <summary>Runs the checks of tests/guests/csharp/Conformance in a guest and in this process, and compares the results.</summary>
public sealed class ConformanceTests
{
    /// <summary>The checks whose results differ, and why.</summary>
    private static readonly Dictionary<string, string> Differences = [];

    [KvmFact(Needs.Sse)]
    public void The_base_class_library_behaves_in_a_guest_as_in_this_process()
    {
        using GuestImage image = CSharpGuest.Open("Conformance");
        using Sandbox sandbox = image.CreateSandbox(options =>
        {
            options.Print = options.DebugPrint = TextWriter.Null;
            options.CallTimeout = TimeSpan.FromSeconds(60);
        });
        Assert.Equal(AllChecks.List.Count, sandbox.Call<int>("Count"));

        List<string> different = [];
        for (int i = 0; i < AllChecks.List.Count; i++)
        {
            Check check = AllChecks.List[i];
            string here = check.Run();
            string there = Run(sandbox, i);
            if (here != there != Differences.ContainsKey(check.Name))
            {
                different.Add($"{check.Name}: here {here}, in the guest {there}");
            }

            if (sandbox.State != SandboxState.Ready)
            {
                break;
            }
        }

        Assert.True(different.Count == 0, string.Join('\n', different));
    }

    [Fact]
    public void Checks_have_names_of_their_own_and_give_the_same_result_twice()
    {
        Assert.True(AllChecks.List.Count > 700);
        Assert.Equal(AllChecks.List.Count, AllChecks.List.DistinctBy(check => check.Name).Count());
        Assert.All(AllChecks.List, check => Assert.Equal(check.Run(), check.Run()));
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
}
