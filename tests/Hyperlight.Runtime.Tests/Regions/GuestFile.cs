namespace Hyperlight.Runtime.Tests.Regions;

/// <summary>A file for mapping into guests, in which byte number n has the value n modulo 251.</summary>
internal sealed class GuestFile : IDisposable
{
    public const string Amd64 = "misbehave";
    public const string I686 = "misbehave32";
    public const string Flat = "misbehave-flat";

    // Values of the flags parameter of hl_map_region.
    public const uint ReadOnly = 0;
    public const uint CopyOnWrite = 1;
    public const uint Execute = 2;

    public GuestFile(int length) => File.WriteAllBytes(Path, Content(length));

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName());

    /// <summary>Gets a physical address that a guest leaves free.</summary>
    public static GuestPhysicalAddress FreeAddress(string guest) => new(guest == Amd64 ? 0x2_0000_0000UL : 0x8000_0000);

    public static byte[] Content(int length) => [.. Enumerable.Range(0, length).Select(index => (byte)(index % 251))];

    public void Resize(long length)
    {
        using FileStream stream = File.OpenWrite(Path);
        stream.SetLength(length);
    }

    public void Dispose() => File.Delete(Path);
}
