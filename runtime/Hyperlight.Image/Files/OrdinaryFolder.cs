using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Files;

/// <summary>
/// An open folder. What is opened in it is no link, and lies in this folder even if the path of the folder leads elsewhere meanwhile.
/// </summary>
internal sealed class OrdinaryFolder : IDisposable
{
    private readonly SafeFileHandle? _handle;
    private readonly string _path;

    private OrdinaryFolder(SafeFileHandle? handle, string path) => (_handle, _path) = (handle, path);

    /// <summary>Opens a folder. The path may contain links.</summary>
    /// <exception cref="InvalidDataException">The path is not a folder.</exception>
    /// <exception cref="IOException">The folder cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not open the folder.</exception>
    public static OrdinaryFolder Open(string path) => new(OrdinaryFile.OpenFolder(path), path);

    /// <summary>Opens a folder in this folder.</summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    public OrdinaryFolder OpenFolder(string name)
    {
        string path = Path.Combine(_path, name);
        return new(OrdinaryFile.OpenFolder(_handle, name, path), path);
    }

    /// <summary>Opens a file in this folder for reading. On Windows nobody can write to the file or delete it while it is open.</summary>
    /// <exception cref="InvalidDataException">The name is a link, or not a file with content.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not open the file.</exception>
    public SafeFileHandle OpenFile(string name) => OrdinaryFile.OpenFile(_handle, name, Path.Combine(_path, name));

    /// <inheritdoc/>
    public void Dispose() => _handle?.Dispose();
}
