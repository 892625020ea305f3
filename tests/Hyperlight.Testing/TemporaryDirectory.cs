namespace Hyperlight.Testing;

/// <summary>A new folder that is deleted when the object is disposed.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    /// <summary>The absolute path of the folder.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("hyperlight-").FullName;

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
