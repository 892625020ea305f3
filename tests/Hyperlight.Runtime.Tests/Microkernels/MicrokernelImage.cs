using System.Formats.Tar;
using Hyperlight.Baking;
using Hyperlight.Runtime.Tests.Guests;

namespace Hyperlight.Runtime.Tests.Microkernels;

/// <summary>The image of a microkernel (samples/Microkernel32) and the archive of files that is mapped for it.</summary>
internal sealed class MicrokernelImage : IDisposable
{
    public const string Motd = "Hello from the host's files.\n";

    private static readonly GuestPhysicalAddress Ramfs = new(0x8000_0000);

    private readonly string _ramfs = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    /// <param name="variant">The layout of the kernel: <c>identity</c>, <c>flat</c> or <c>paged</c>.</param>
    /// <param name="change">Changes the request for the image.</param>
    /// <param name="ramfs">The archive; <c>null</c> for an archive with the files <c>empty</c> and <c>motd</c>.</param>
    public MicrokernelImage(string variant, Func<BakeRequest, BakeRequest>? change = null, byte[]? ramfs = null)
        : this(Path.Combine(AppContext.BaseDirectory, "Guests", $"microkernel-{variant}.elf"), variant, change, ramfs)
    {
    }

    private MicrokernelImage(string elf, string variant, Func<BakeRequest, BakeRequest>? change, byte[]? ramfs)
    {
        File.WriteAllBytes(_ramfs, ramfs ?? Archive(("empty", ""), ("motd", Motd)));
        change ??= request => request;
        Guest = TestGuest.FromFile(elf, request => change(request with
        {
            Sizes = request.Sizes with
            {
                HardwareInterrupts = true,
                ScratchSize = variant == "paged" ? 1u << 20 : request.Sizes.ScratchSize,
            },
        }));
    }

    public TestGuest Guest { get; }

    /// <summary>Bakes a kernel that is not one of the committed ones.</summary>
    public static MicrokernelImage FromFile(string elf, string variant) => new(elf, variant, null, null);

    /// <summary>Creates an archive of files that kernels can read.</summary>
    public static byte[] Archive(params (string Name, string Content)[] files)
    {
        using MemoryStream stream = new();
        using (TarWriter writer = new(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach ((string name, string content) in files)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
                {
                    DataStream = new MemoryStream(System.Text.Encoding.ASCII.GetBytes(content)),
                });
            }
        }

        return stream.ToArray();
    }

    /// <summary>Starts a kernel, from a snapshot if one is given.</summary>
    public BootedMicrokernel Boot(byte[]? bulk = null, Snapshot? from = null)
    {
        List<string> answers = [];
        Queue<string> requests = [];
        VmbusHost host = new(
            Drain(requests), answers.Add, Guest.Image, Ramfs, (long)GuestLayout.RoundUpToPage((ulong)new FileInfo(_ramfs).Length), bulk);
        void Configure(SandboxOptions options)
        {
            host.AddTo(options.HostFunctions);
            Map(options.MapFile);
        }

        return new(from is null ? Guest.Start(Configure) : from.CreateSandbox(Configure), host, requests, answers);
    }

    /// <summary>Maps the archive again, because a restore unmaps it.</summary>
    public void MapFiles(Sandbox sandbox) => Map((path, address, label) => sandbox.MapFile(path, address, label));

    public void Dispose()
    {
        Guest.Dispose();
        File.Delete(_ramfs);
    }

    private void Map(Action<string, GuestPhysicalAddress, string?> mapFile) =>
        mapFile(_ramfs, Ramfs, Guest.Image.Layout.ListsFileMappings ? "ramfs" : null);

    // The empty request ends kmain. The next call of kmain continues with the queue.
    private static IEnumerable<string> Drain(Queue<string> requests)
    {
        while (true)
        {
            yield return requests.TryDequeue(out string? request) ? request : "";
        }
    }
}
