using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Debugging;

/// <summary>A guest whose sandboxes a debugger can reach at a socket.</summary>
/// <param name="name">The name of a committed guest.</param>
internal sealed class DebuggedGuest(string name) : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hl-gdb-");
    private readonly TestGuest _guest = new(name);

    /// <summary>Gets the image of the guest.</summary>
    public GuestImage Image => _guest.Image;

    /// <summary>Gets the path of the socket.</summary>
    public string Place => Path.Combine(_directory.FullName, "s");

    /// <summary>Starts the guest without waiting for a debugger.</summary>
    public Sandbox Start(Action<SandboxOptions>? configure = null) => _guest.Start(options =>
    {
        Configure(options);
        configure?.Invoke(options);
    });

    /// <summary>Sets the options of a sandbox that does not wait for a debugger.</summary>
    public void Configure(SandboxOptions options) => options.Debugger = new(Place) { WaitsForClient = false };

    /// <summary>Sets the options of a sandbox that waits for a debugger.</summary>
    public void ConfigureWaiting(SandboxOptions options) => options.Debugger = new(Place);

    /// <summary>Connects a debugger.</summary>
    public GdbClient Connect() => GdbClient.Connect(Place);

    /// <summary>Begins a call that returns 5. The test fails if a debugger stops the call for long.</summary>
    public static Task<int> Call(Sandbox sandbox) =>
        Task.Run(() => sandbox.Call<int>("EchoInt", 5)).WaitAsync(TimeSpan.FromSeconds(20));

    public void Dispose()
    {
        _guest.Dispose();
        _directory.Delete(recursive: true);
    }
}
