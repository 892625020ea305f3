using System.Text;
using Hyperlight.Baking;
using Hyperlight.Images;
using Hyperlight.Symbols;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>A guest that is baked into an image of its own.</summary>
internal sealed class TestGuest : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    /// <param name="name">The name of a committed guest: its ELF file without the extension.</param>
    /// <param name="change">Changes the request for the image.</param>
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
        if (!request.Symbols.IsEmpty)
        {
            File.WriteAllBytes(MapPath, baked.SourceMap.Span);
        }

        Image = GuestImage.Open(_directory);
    }

    public GuestImage Image { get; }

    /// <summary>Bakes an ELF file that is not one of the committed guests.</summary>
    public static TestGuest FromFile(string elf, Func<BakeRequest, BakeRequest>? change = null) =>
        new((change ?? (request => request))(Request(elf)));

    /// <summary>
    /// Bakes a committed guest for another version of upstream. The code does not depend on its base address, so only the version note
    /// changes.
    /// </summary>
    public static TestGuest OfVersion(string name, string version) => new(name, request =>
    {
        byte[] elf = request.Guest.ToArray();
        int note = elf.AsSpan().IndexOf("0.16.0\0"u8);
        Encoding.ASCII.GetBytes(version, elf.AsSpan(note, "0.16.0".Length));
        return request with { Guest = elf };
    });

    /// <summary>Bakes a guest from the bytes of its ELF file.</summary>
    public static TestGuest FromElf(byte[] elf, Func<BakeRequest, BakeRequest>? change = null) =>
        new((change ?? (request => request))(new BakeRequest { GuestName = "tiny", Guest = elf }));

    public Sandbox Start(Action<SandboxOptions>? configure = null) => Image.CreateSandbox(options =>
    {
        options.Print = TextWriter.Null;
        options.DebugPrint = TextWriter.Null;
        configure?.Invoke(options);
    });

    /// <summary>Opens the image once more.</summary>
    public GuestImage Open(Action<GuestImageOptions> configure) => GuestImage.Open(_directory, configure);

    public GuestExit Run(Action<SandboxOptions>? configure = null) => Image.Run(options =>
    {
        options.Print = TextWriter.Null;
        options.DebugPrint = TextWriter.Null;
        configure?.Invoke(options);
    });

    /// <summary>Gets the path of the source map of the image, which guests without a file of symbols do not have.</summary>
    public string MapPath => SourceMap.PathOf(_directory);

    /// <summary>Fails the test if the content of a file in the image does not match its digest.</summary>
    public void AssertUnchanged() => GuestImage.Open(_directory).Dispose();

    public void Dispose()
    {
        Image.Dispose();
        Directory.Delete(_directory, recursive: true);
        File.Delete(MapPath);
    }

    private static BakeRequest Request(string elf) =>
        new() { GuestName = Path.GetFileNameWithoutExtension(elf), Guest = File.ReadAllBytes(elf) };
}
