namespace Hyperlight.Image.Tests.Images;

/// <summary>A folder that is gone when the test ends.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("hyperlight-image-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
