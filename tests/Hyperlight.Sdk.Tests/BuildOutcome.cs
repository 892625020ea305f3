using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tests;

/// <summary>An error or warning of a build.</summary>
/// <param name="Code">The code, for example <c>HL4001</c>.</param>
/// <param name="File">The path of the file.</param>
/// <param name="Line">The number of the line; 0 if there is none.</param>
/// <param name="HelpLink">The address of the page about the code.</param>
/// <param name="Message">The text.</param>
internal sealed record Diagnostic(string Code, string File, int Line, string HelpLink, string Message);

/// <summary>The result of a build: its events and the items that the target returned.</summary>
internal sealed class BuildOutcome : ILogger
{
    private readonly List<Diagnostic> _errors = [];
    private readonly List<Diagnostic> _warnings = [];
    private readonly List<Diagnostic> _information = [];
    private const string BakedText = "Baked the image of ";
    private const string MadeText = "Made ";

    private readonly List<string> _messages = [];
    private readonly List<string> _lowMessages = [];
    private readonly List<string> _tasks = [];
    private readonly Dictionary<string, TargetSkipReason> _skipped = [];

    public bool Succeeded { get; set; }

    public IReadOnlyList<Diagnostic> Errors => _errors;

    public IReadOnlyList<Diagnostic> Warnings => _warnings;

    /// <summary>Gets the messages that have a code.</summary>
    public IReadOnlyList<Diagnostic> Information => _information;

    /// <summary>Gets the messages of high importance, which a build prints.</summary>
    public IReadOnlyList<string> HighMessages => _messages;

    /// <summary>Gets the messages that only a detailed log shows.</summary>
    public IReadOnlyList<string> LowMessages => _lowMessages;

    /// <summary>Gets or sets the items that the requested target returned.</summary>
    public IReadOnlyList<ITaskItem> Items { get; set; } = [];

    public LoggerVerbosity Verbosity { get; set; } = LoggerVerbosity.Diagnostic;

    public string? Parameters { get; set; }

    /// <summary>Gets the names of the guests that were baked.</summary>
    public string[] Baked =>
    [
        .. _lowMessages.Where(message => message.StartsWith(BakedText, StringComparison.Ordinal))
            .Select(message => message[BakedText.Length..^1]),
    ];

    /// <summary>Gets the paths of the objects and guests that the C compiler made.</summary>
    public string[] Made =>
    [
        .. _lowMessages.Where(message => message.StartsWith(MadeText, StringComparison.Ordinal))
            .Select(message => message[MadeText.Length..^1]),
    ];

    /// <summary>Gets whether a task ran.</summary>
    public bool Ran(string task) => _tasks.Contains(task);

    /// <summary>Gets whether a target was skipped because its inputs have not changed.</summary>
    public bool WasUpToDate(string target) => _skipped.GetValueOrDefault(target) == TargetSkipReason.OutputsUpToDate;

    public void Initialize(IEventSource eventSource)
    {
        eventSource.ErrorRaised += (_, e) => _errors.Add(new(e.Code, e.File, e.LineNumber, e.HelpLink, e.Message!));
        eventSource.WarningRaised += (_, e) => _warnings.Add(new(e.Code, e.File, e.LineNumber, e.HelpLink, e.Message!));
        eventSource.TaskStarted += (_, e) => _tasks.Add(e.TaskName);
        eventSource.MessageRaised += (_, e) =>
        {
            if (e.Code?.StartsWith("HL", StringComparison.Ordinal) is true)
            {
                _information.Add(new(e.Code, e.File, e.LineNumber, "", e.Message!));
            }

            if (e is TargetSkippedEventArgs skipped)
            {
                _skipped[skipped.TargetName] = skipped.SkipReason;
            }
            else if (e.Importance == MessageImportance.High)
            {
                _messages.Add(e.Message!);
            }
            else
            {
                _lowMessages.Add(e.Message!);
            }
        };
    }

    public void Shutdown()
    {
    }
}
