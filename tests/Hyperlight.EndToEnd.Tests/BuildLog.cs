using Microsoft.Build.Logging.StructuredLogger;

namespace Hyperlight.EndToEnd.Tests;

/// <summary>Reads the binary log of a build.</summary>
internal sealed class BuildLog(string path)
{
    private readonly Build _build = BinaryLog.ReadBuild(path);

    /// <summary>The code, file and line of each error, without duplicates.</summary>
    public (string Code, string File, int Line)[] Errors
    {
        get
        {
            List<(string, string, int)> errors = [];
            _build.VisitAllChildren<Error>(error => errors.Add((error.Code, error.File, error.LineNumber)));
            return [.. errors.Distinct()];
        }
    }

    /// <summary>Gets the messages of the build that start with a text.</summary>
    public string[] MessagesThatStartWith(string start)
    {
        List<string> messages = [];
        _build.VisitAllChildren<Message>(message => messages.Add(message.Text));
        return [.. messages.Where(message => message.StartsWith(start, StringComparison.Ordinal))];
    }

    /// <summary>Gets whether a task ran.</summary>
    public bool Ran(string task) =>
        _build.FindFirstDescendant<Microsoft.Build.Logging.StructuredLogger.Task>(node => node.Name == task) is not null;

    /// <summary>Gets how often a task ran.</summary>
    public int Count(string task)
    {
        int count = 0;
        _build.VisitAllChildren<Microsoft.Build.Logging.StructuredLogger.Task>(node => count += node.Name == task ? 1 : 0);
        return count;
    }

    /// <summary>Gets whether a task loaded an assembly.</summary>
    public bool Loaded(string assembly) => _build.FindFirstDescendant<Message>(message =>
        message.Text.StartsWith("Assembly loaded", StringComparison.Ordinal)
        && message.Text.Contains($": {assembly},", StringComparison.Ordinal)) is not null;

    /// <summary>Gets whether a target was skipped because its outputs are up to date.</summary>
    public bool WasUpToDate(string target) =>
        _build.FindFirstDescendant<Target>(node => node.Name == target && node.Skipped) is { } skipped
        && skipped.FindFirstDescendant<Message>(message => message.Text.Contains("up-to-date", StringComparison.Ordinal)) is not null;
}
