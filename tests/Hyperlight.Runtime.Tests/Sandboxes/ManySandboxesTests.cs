using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>
/// Tests the threads of idle sandboxes. No other tests run at the same time, because the test counts the threads of the process.
/// </summary>
[Collection(nameof(Alone))]
public class ManySandboxesTests
{
    // Since Linux 6.13 KVM's thread that splits large pages, one for each machine that has run, counts as a thread of the process.
    private const string KernelThread = "kvm-nx-lpage";

    [KvmFact]
    public void Two_hundred_sandboxes_have_no_threads_of_their_own()
    {
        using TestGuest guest = new("hello");
        List<Sandbox> sandboxes = [];
        try
        {
            Add();
            int before = CountThreads();
            while (sandboxes.Count <= 200)
            {
                Add();
            }

            // The .NET runtime may start threads of its own. One thread for each sandbox would be 200.
            Assert.InRange(CountThreads(), 1, before + 20);
            Assert.All(sandboxes, sandbox => Assert.Equal(1, sandbox.Call<int>("EchoInt", 1)));
        }
        finally
        {
            sandboxes.ForEach(sandbox => sandbox.Dispose());
        }

        void Add()
        {
            Sandbox sandbox = guest.Start();
            sandboxes.Add(sandbox);
            sandbox.Call("Nothing");
        }
    }

    private static int CountThreads() =>
        ProcessCounts.ThreadNames().Count(name => !name.StartsWith(KernelThread, StringComparison.Ordinal));
}
