using System.Text;
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
        : this((change ?? (request => request))(Request(Path.Combine(AppContext.BaseDirectory, "Guests", name + ".elf"))))
    {
    }

    private TestGuest(BakeRequest request)
    {
        List<Finding> findings = [];
        BakedImage? baked = GuestBaker.Bake(request, findings);
        Assert.True(baked is not null, string.Join('\n', findings));
        ImageWriter.Write(_directory, baked);
        Image = GuestImage.Open(_directory);
    }

    public GuestImage Image { get; }

    /// <summary>A guest that is not one of the committed ones.</summary>
    public static TestGuest FromFile(string elf, Func<BakeRequest, BakeRequest>? change = null) =>
        new((change ?? (request => request))(Request(elf)));

    /// <summary>
    /// A guest as it is when it is built for another version: it does not depend on its base, and its note says the version.
    /// </summary>
    public static TestGuest OfVersion(string name, string version) => new(name, request =>
    {
        byte[] elf = request.Guest.ToArray();
        int note = elf.AsSpan().IndexOf("0.16.0\0"u8);
        Encoding.ASCII.GetBytes(version, elf.AsSpan(note, "0.16.0".Length));
        return request with { Guest = elf };
    });

    /// <summary>A guest of a few bytes that are its ELF file.</summary>
    public static TestGuest FromElf(byte[] elf, Func<BakeRequest, BakeRequest>? change = null) =>
        new((change ?? (request => request))(new BakeRequest { GuestName = "tiny", Guest = elf }));

    public Sandbox Start(Action<SandboxOptions>? configure = null) => Image.CreateSandbox(options =>
    {
        options.Print = TextWriter.Null;
        options.DebugPrint = TextWriter.Null;
        configure?.Invoke(options);
    });

    /// <summary>The same image, opened once more.</summary>
    public GuestImage Open(GuestImageOptions options) => GuestImage.Open(_directory, options);

    public GuestExit Run(Action<SandboxOptions>? configure = null) => Image.Run(options =>
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

    private static BakeRequest Request(string elf) =>
        new() { GuestName = Path.GetFileNameWithoutExtension(elf), Guest = File.ReadAllBytes(elf) };
}
