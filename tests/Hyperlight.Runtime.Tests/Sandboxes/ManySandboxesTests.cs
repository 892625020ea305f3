using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Sandboxes;

/// <summary>What sandboxes cost that do nothing. Nothing runs beside this test: it counts the threads of the whole process.</summary>
[Collection(nameof(Alone))]
public class ManySandboxesTests
{
    // Linux 6.13 and later count KVM's thread that takes large pages apart, one for each machine that has run, among those of the process.
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

            // The .NET runtime may start a few for itself; one for each sandbox would be 200.
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

    private static int CountThreads() => Directory
        .EnumerateDirectories("/proc/self/task")
        .Count(thread => !ReadName(thread).StartsWith(KernelThread, StringComparison.Ordinal));

    // A thread may end while it is looked at.
    private static string ReadName(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "comm"));
        }
        catch (IOException)
        {
            return KernelThread;
        }
    }
}
