namespace Hyperlight.CSharpGuest.Tests.Hostile;

/// <summary>An image of the guest Hostile, a sandbox of the image that is not attacked, and a snapshot of the started guest.</summary>
public sealed class Neighbourhood : IDisposable
{
    // Enough for calls that end by themselves, also on a busy machine whose processor is emulated on two levels.
    private static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(20);

    private readonly Lazy<(GuestImage Image, Sandbox Neighbour, Snapshot Start)> _all = new(Create);

    internal GuestImage Image => _all.Value.Image;

    internal Sandbox Neighbour => _all.Value.Neighbour;

    internal Snapshot Start => _all.Value.Start;

    internal Sandbox CreateVictim() => Start.CreateSandbox(Configure);

    public void Dispose()
    {
        if (_all.IsValueCreated)
        {
            Start.Dispose();
            Neighbour.Dispose();
            Image.Dispose();
        }
    }

    private static (GuestImage Image, Sandbox Neighbour, Snapshot Start) Create()
    {
        GuestImage image = CSharpGuest.Open("Hostile");
        Sandbox neighbour = image.CreateSandbox(Configure);
        Snapshot start = neighbour.TakeSnapshot();
        neighbour.Call<int>("Count");
        return (image, neighbour, start);
    }

    private static void Configure(SandboxOptions options)
    {
        options.CallTimeout = LongestCall;
        options.Print = TextWriter.Null;
        options.DebugPrint = TextWriter.Null;
    }
}
