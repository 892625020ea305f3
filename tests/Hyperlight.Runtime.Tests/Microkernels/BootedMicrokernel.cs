namespace Hyperlight.Runtime.Tests.Microkernels;

/// <summary>A started kernel and its host.</summary>
internal sealed class BootedMicrokernel(Sandbox sandbox, VmbusHost host, Queue<string> requests, List<string> answers) : IDisposable
{
    public Sandbox Sandbox => sandbox;

    public VmbusHost Host => host;

    /// <summary>Calls kmain with the requests and returns the exit code.</summary>
    public int Run(params string[] wanted)
    {
        requests.Clear();
        answers.Clear();
        Array.ForEach(wanted, requests.Enqueue);
        return sandbox.Call<int>("kmain");
    }

    /// <summary>Calls kmain with the requests and returns the answers without the greeting.</summary>
    public string[] Ask(params string[] wanted)
    {
        Run(wanted);
        return [.. answers[1..]];
    }

    /// <summary>Calls kmain without a request and returns the greeting.</summary>
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
