using System.Reflection;
using Hyperlight.Baking;
using Hyperlight.Images;

namespace Hyperlight.Benchmarks;

/// <summary>A guest that echoes a string and calls the host, baked into an image of its own.</summary>
internal sealed class BenchGuest : IDisposable
{
    private readonly string _elf;
    private readonly ulong? _bufferSize;

    /// <param name="elf">The path of the ELF file. The guest has the function <c>Echo</c> or <c>EchoString</c>, which returns its string
    /// argument, and <c>Add</c>, which calls the host function <c>HostAdd</c>.</param>
    /// <param name="heapSize">The heap size in bytes.</param>
    /// <param name="bufferSize">The size of the input and the output buffer in bytes; <c>null</c> for the default.</param>
    public BenchGuest(string elf, ulong heapSize, ulong? bufferSize = null)
    {
        _elf = elf;
        HeapSize = heapSize;
        _bufferSize = bufferSize;
        Directory = Bake();
        Image = GuestImage.Open(Directory);
        using Sandbox sandbox = Start();
        Echo = Has(sandbox, "Echo", "") ? "Echo" : "EchoString";
        EchoBytes = Has(sandbox, "EchoBytes", new byte[1]) ? "EchoBytes" : "SetByteArrayToZero";
    }

    /// <summary>The guest of samples/Hello.</summary>
    public static string Default { get; } = InRepository("samples", "Hello", "guests", "hello.elf");

    /// <summary>A guest without page tables.</summary>
    public static string Identity { get; } = InRepository("tests", "guests", "misbehave32.elf");

    /// <summary>The name of the function that echoes a string.</summary>
    public string Echo { get; }

    /// <summary>The name of the function that returns as many bytes as its argument has.</summary>
    public string EchoBytes { get; }

    /// <summary>The heap size in bytes.</summary>
    public ulong HeapSize { get; }

    /// <summary>The image's folder.</summary>
    public string Directory { get; }

    /// <summary>The image.</summary>
    public GuestImage Image { get; }

    /// <summary>Adds the host functions that the guest calls, and discards everything the guest prints.</summary>
    public static void Configure(SandboxOptions options)
    {
        options.HostFunctions.Add("HostAdd", (int a, int b) => a + b);
        options.Print = TextWriter.Null;
        options.DebugPrint = TextWriter.Null;
    }

    /// <summary>Gets a path in this repository.</summary>
    public static string InRepository(params ReadOnlySpan<string> path) => Path.Combine(
        [typeof(BenchGuest).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Repository").Value!,
            .. path]);

    /// <summary>Bakes the image again, into another folder.</summary>
    public string Bake()
    {
        List<Finding> findings = [];
        BakeRequest request = new()
        {
            GuestName = "bench",
            Guest = File.ReadAllBytes(_elf),
            Sizes = Sizes(),
        };
        BakedImage baked = GuestBaker.Bake(request, findings) ?? throw new InvalidOperationException(string.Join('\n', findings));
        string directory = Path.Combine(Path.GetTempPath(), "hyperlight-bench-" + Path.GetRandomFileName());
        ImageWriter.Write(directory, baked);
        return directory;
    }

    /// <summary>Starts the guest.</summary>
    public Sandbox Start() => Image.CreateSandbox(Configure);

    /// <summary>Takes a snapshot of a sandbox that was called once.</summary>
    public Snapshot TakeSnapshot()
    {
        using Sandbox sandbox = Start();
        sandbox.Call<string>(Echo, "Hello, World!");
        return sandbox.TakeSnapshot();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Image.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    // Scratch has room for the page tables of a large heap, and for large buffers.
    private Layouts.GuestSizes Sizes()
    {
        Layouts.GuestSizes sizes = new();
        ulong buffers = _bufferSize ?? sizes.InputBufferSize;
        return new()
        {
            HeapSize = HeapSize,
            InputBufferSize = buffers,
            OutputBufferSize = buffers,
            ScratchSize = sizes.ScratchSize + (HeapSize / 256 / 0x1000 * 0x1000) + (4 * (buffers - sizes.InputBufferSize)),
        };
    }

    private static bool Has(Sandbox sandbox, string function, GuestValue argument)
    {
        try
        {
            sandbox.Call(function, argument);
            return true;
        }
        catch (GuestErrorException exception) when (exception.Code == GuestErrorCode.FunctionNotFound)
        {
            return false;
        }
    }
}
