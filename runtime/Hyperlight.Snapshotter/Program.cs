namespace Hyperlight.Snapshotter;

/// <summary>
/// Starts the guest of an image, and adds the guest as it is then to the image under the tag <c>snapshot</c>. A failure is one line on standard error
/// that starts with its code. The build that started this process may end it at any time: the image has the tag or it has not.
/// </summary>
internal static class Program
{
    private const int Succeeded = 0;
    private const int Failed = 1;
    private const int Misused = 2;

    /// <summary>Guests cannot run here, which a build may be content with.</summary>
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

        // Also where the build is gone that would end a guest, or a host function, that never does.
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
#pragma warning disable CA1031 // The edge of the program: whatever ends it is said in one line.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Fail(
                Rules.SnapshotNotTaken.Found($"{e.Message} At its start a guest needs the same as at run time: declare its host functions, or remove Snapshot."), Failed);
        }
    }

    private static int Fail(Finding finding, int code)
    {
        Console.Error.WriteLine(finding);
        return code;
    }
}
