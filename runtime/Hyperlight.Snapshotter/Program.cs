using System.Text;

namespace Hyperlight.Snapshotter;

/// <summary>
/// Starts the guest of an image, takes a snapshot of the guest, and adds the snapshot to the image under the tag <c>snapshot</c>. A failure
/// is one line of standard error output, which starts with a code. The build that starts this process may end the process at any time: the
/// image then has the complete snapshot or none.
/// </summary>
internal static class Program
{
    private const int Succeeded = 0;
    private const int Failed = 1;
    private const int Misused = 2;

    /// <summary>Guests cannot run on this computer. A build may go on without the snapshot.</summary>
    private const int NoHypervisor = 3;

    private const string Usage =
        "usage: Hyperlight.Snapshotter IMAGE-DIRECTORY --timeout SECONDS [--host-functions FILE.json] [--host-functions-assembly FILE.dll]";

    private static int Main(string[] args)
    {
        if (SnapshotRequest.Read(args) is not { } request)
        {
            Console.Error.WriteLine(Usage);
            return Misused;
        }

        // A guest or a host function may run forever, and the build that should end this process may itself have been ended.
        using Timer limit = new(_ => Environment.Exit(Failed), null, request.Timeout, Timeout.InfiniteTimeSpan);
        if (Hypervisor.Check() is { } missing)
        {
            return Fail(missing, NoHypervisor);
        }

        try
        {
            request.Take();
            return Succeeded;
        }
        catch (HyperlightException e) when (e.Finding is { } finding)
        {
            return Fail(finding, Failed);
        }
#pragma warning disable CA1031 // Every failure is reported in one line.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Fail(
                Rules.SnapshotNotTaken.Found(
                    $"{e.Message} A guest needs its host functions at its start: declare them, or remove Snapshot."),
                Failed);
        }
    }

    private static int Fail(Finding finding, int code)
    {
        // The build reads UTF-8. Consoles have other encodings on some systems, which do not have all characters of paths.
        using StreamWriter error = new(Console.OpenStandardError(), new UTF8Encoding(false));
        error.WriteLine(finding);
        return code;
    }
}
