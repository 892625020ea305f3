namespace Hyperlight.Files;

/// <summary>
/// Replaces and deletes files. Windows refuses these changes while another program has the file open, and a virus scanner or a search index
/// opens new files for a moment. So the methods try again for a second.
/// </summary>
internal static class FileChange
{
    // System error codes of Windows: access denied (also for a file whose deletion is pending), sharing violation, lock violation, a folder
    // that is not empty, and a file that a process has mapped.
    private static readonly int[] BusyCodes = [5, 32, 33, 145, 1224];

    private const int MaxAttempts = 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Renames a file. A file that has the new name already is replaced.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">The new path, in the same folder.</param>
    /// <exception cref="IOException">The file cannot be renamed, or a program has a file open.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not rename the file.</exception>
    public static void Replace(string file, string path) =>
        Try(() => File.Move(file, path, overwrite: true), path, OperatingSystem.IsWindows());

    /// <summary>Deletes a file, if there is one.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be deleted, or a program has it open.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not delete the file.</exception>
    public static void Delete(string path) => Try(
        () =>
        {
            try
            {
                File.Delete(path);
            }
            catch (DirectoryNotFoundException)
            {
            }
        },
        path,
        OperatingSystem.IsWindows());

    /// <summary>Deletes a folder with all that is in it, if there is one.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="IOException">The folder cannot be deleted, or a program has one of its files open.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not delete the folder.</exception>
    public static void DeleteFolder(string path) => Try(
        () =>
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
        },
        path,
        OperatingSystem.IsWindows());

    /// <summary>Makes a change, and makes it again while another program prevents it.</summary>
    /// <param name="change">The change.</param>
    /// <param name="path">The path of the file or folder, for the message.</param>
    /// <param name="waits">Whether the system refuses changes of files that are open.</param>
    internal static void Try(Action change, string path, bool waits)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                change();
                return;
            }
            catch (Exception e) when (waits && IsBusy(e))
            {
                if (attempt == MaxAttempts)
                {
                    throw new IOException(
                        $"'{path}' is open in another program, or may not be changed: end the programs that use it. ({e.Message})", e);
                }

                Thread.Sleep(Pause);
            }
        }
    }

    private static bool IsBusy(Exception exception) =>
        exception is IOException or UnauthorizedAccessException && BusyCodes.Contains(exception.HResult & 0xFFFF);
}
