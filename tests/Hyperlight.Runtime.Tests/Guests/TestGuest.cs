using Hyperlight.Baking;
using Hyperlight.Images;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>A guest of the guest kit, baked into an image of its own.</summary>
internal sealed class TestGuest : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    /// <param name="name">The name of the ELF file without its extension.</param>
    /// <param name="change">Changes the request the image is baked from.</param>
    public TestGuest(string name, Func<BakeRequest, BakeRequest>? change = null)
    {
        BakeRequest request = new() { GuestName = name, Guest = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Guests", name + ".elf")) };
        List<Finding> findings = [];
        BakedImage? baked = GuestBaker.Bake(change?.Invoke(request) ?? request, findings);
        Assert.True(baked is not null, string.Join('\n', findings));
        ImageWriter.Write(_directory, baked);
        Image = GuestImage.Open(_directory);
    }

    public GuestImage Image { get; }

    public Sandbox Start(Action<SandboxOptions>? configure = null) => Image.CreateSandbox(options =>
    {
        options.Print = TextWriter.Null;
        options.DebugPrint = TextWriter.Null;
        configure?.Invoke(options);
    });

    /// <summary>Fails when a file of the image is not what its name says.</summary>
    public void AssertUnchanged() => GuestImage.Open(_directory).Dispose();

    public void Dispose()
    {
        Image.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
