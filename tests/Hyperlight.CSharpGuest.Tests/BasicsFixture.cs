namespace Hyperlight.CSharpGuest.Tests;

/// <summary>The guest Basics, started once for all tests of a class. Tests that call it restore it to <see cref="Start"/> first.</summary>
public sealed class BasicsFixture : IDisposable
{
    private readonly Lazy<GuestImage> _image = new(() => CSharpGuest.Open("Basics"));
    private readonly Lazy<Sandbox> _sandbox;
    private readonly Lazy<Snapshot> _start;

    public BasicsFixture()
    {
        _sandbox = new(() => Image.CreateSandbox());
        _start = new(() => _sandbox.Value.TakeSnapshot());
    }

    /// <summary>Gets the image of the guest.</summary>
    public GuestImage Image => _image.Value;

    /// <summary>Gets a snapshot of the guest after its start.</summary>
    public Snapshot Start => _start.Value;

    /// <summary>Gets the sandbox as it was after its start.</summary>
    public Sandbox Restored()
    {
        Snapshot start = Start;
        _sandbox.Value.Restore(start);
        return _sandbox.Value;
    }

    public void Dispose()
    {
        if (_start.IsValueCreated)
        {
            _start.Value.Dispose();
        }

        if (_sandbox.IsValueCreated)
        {
            _sandbox.Value.Dispose();
        }

        if (_image.IsValueCreated)
        {
            _image.Value.Dispose();
        }
    }
}
