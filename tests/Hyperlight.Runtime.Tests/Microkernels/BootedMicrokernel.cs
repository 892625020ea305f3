namespace Hyperlight.Runtime.Tests.Microkernels;

/// <summary>A kernel that was started, and its host.</summary>
internal sealed class BootedMicrokernel(Sandbox sandbox, VmbusHost host, Queue<string> requests, List<string> answers) : IDisposable
{
    public Sandbox Sandbox => sandbox;

    public VmbusHost Host => host;

    /// <summary>Runs kmain with these requests and returns its exit code.</summary>
    public int Run(params string[] wanted)
    {
        requests.Clear();
        answers.Clear();
        Array.ForEach(wanted, requests.Enqueue);
        return sandbox.Call<int>("kmain");
    }

    /// <summary>Runs kmain with these requests and returns what was answered, but for the greeting.</summary>
    public string[] Ask(params string[] wanted)
    {
        Run(wanted);
        return [.. answers[1..]];
    }

    /// <summary>Runs kmain with no request and returns the greeting.</summary>
    public string Greeting()
    {
        Run();
        return Assert.Single(answers);
    }

    public void Dispose()
    {
        sandbox.Dispose();
        host.Dispose();
    }
}
