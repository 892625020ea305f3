using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Hyperlight.Hypervisors.Whp.Surrogates;

/// <summary>
/// The program of surrogate processes, a file of 1 KiB without imports. The program is a resource of this assembly, so that each way to
/// publish a program has it, and is written to the folder of temporary files. While this object lives, nobody can change the file.
/// </summary>
internal sealed class SurrogateProgram : IDisposable
{
    private const string Resource = "hyperlight-surrogate.exe";

    private readonly SafeFileHandle _file;

    private SurrogateProgram(SafeFileHandle file, string path)
    {
        _file = file;
        Path = path;
    }

    /// <summary>Gets the path of the file.</summary>
    public string Path { get; }

    /// <summary>
    /// Finds the file that this or another process has written, or writes the file. The name of the file follows from the content, so that
    /// processes with several versions share nothing.
    /// </summary>
    /// <param name="folder">The folder of the file.</param>
    /// <exception cref="HypervisorException">HL5007: the file cannot be written.</exception>
    public static SurrogateProgram Open(string folder)
    {
        byte[] content = ReadResource();
        string digest = Convert.ToHexStringLower(SHA256.HashData(content))[..16];

        // Somebody else may have put another file in the place.
        return TryOpen(System.IO.Path.Combine(folder, $"hyperlight-surrogate-{digest}.exe"), content, out _)
            ?? TryOpen(System.IO.Path.Combine(folder, $"hyperlight-surrogate-{Guid.NewGuid():N}.exe"), content, out string reason)
            ?? throw SurrogateError.NotStarted($"its program cannot be written to '{folder}': {reason}", "Make the folder writable");
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static byte[] ReadResource()
    {
        using Stream stream = typeof(SurrogateProgram).Assembly.GetManifestResourceStream(Resource)!;
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    private static SurrogateProgram? TryOpen(string path, byte[] content, out string reason)
    {
        SafeFileHandle? file = null;
        try
        {
            if (!File.Exists(path))
            {
                Write(path, content);
            }

            file = OpenForReading(path);
            byte[] found = new byte[content.Length + 1];
            reason = "another file is there";
            if (RandomAccess.Read(file, found, 0) == content.Length && found.AsSpan(..^1).SequenceEqual(content))
            {
                return new(file, path);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            reason = exception.Message;
        }

        file?.Dispose();
        return null;
    }

    // Whoever gives the file its name has the file open for a moment, so that opening the file fails.
    private static SafeFileHandle OpenForReading(string path)
    {
        const int MostAttempts = 10;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            }
            catch (Exception exception)
                when (exception is IOException or UnauthorizedAccessException && attempt < MostAttempts && File.Exists(path))
            {
                Thread.Sleep(attempt);
            }
        }
    }

    // The file gets its name with all of its content: neither a full disk nor the end of this process leaves a part of it in the place,
    // and no other process meets a file that is being written.
    private static void Write(string path, byte[] content)
    {
        string part = $"{path}.{Guid.NewGuid():N}";
        try
        {
            using (FileStream target = new(part, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                target.Write(content);
            }

            File.Move(part, path);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was faster.
        }
        finally
        {
            File.Delete(part);
        }
    }
}
