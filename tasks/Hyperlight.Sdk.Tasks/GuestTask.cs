using Hyperlight.Sdk.Tasks.Files;
using Microsoft.Build.Framework;
using Task = Microsoft.Build.Utilities.Task;

namespace Hyperlight.Sdk.Tasks;

/// <summary>The base of all tasks. A task reports errors with codes instead of exceptions, and can be stopped.</summary>
public abstract class GuestTask : Task, ICancelableTask, IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();

    /// <summary>Gets or sets the project file, which errors about the text of the project name.</summary>
    [Required]
    public string ProjectFile { get; set; } = "";

    /// <summary>Gets or sets the folder that the paths of help pages are relative to.</summary>
    [Required]
    public string HelpRoot { get; set; } = "";

    /// <summary>Gets or sets the value of the property <c>TreatWarningsAsErrors</c>.</summary>
    public string TreatWarningsAsErrors { get; set; } = "";

    /// <summary>Gets or sets the codes of warnings that do not become errors where <see cref="TreatWarningsAsErrors"/> is true.</summary>
    public string ToleratedWarnings { get; set; } = "";

    /// <summary>Gets the log of findings.</summary>
    private protected FindingLog Findings => new(Log, new(BuildEngine, TreatWarningsAsErrors, ToleratedWarnings), HelpRoot);

    /// <summary>Gets the token that is canceled when the build is stopped.</summary>
    private protected CancellationToken Cancellation => _cancellation.Token;

    /// <inheritdoc/>
    public sealed override bool Execute()
    {
        try
        {
            Run();
        }
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            return false;
        }
        catch (HyperlightException e) when (e.Finding is { } finding)
        {
            Findings.Report(finding, new(ProjectFile));
        }
        catch (Exception e) when (IsFileFailure(e))
        {
            Findings.Report(Rules.ImageNotWritten.FoundText(e.Message), new(ProjectFile));
        }
#pragma warning disable CA1031 // A stack trace does not help the user. A code with a page does.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.LogMessage(MessageImportance.Low, "{0}", e.ToString());
            Findings.Report(
                Rules.InternalError.Found(
                    $"{GetType().Name} failed unexpectedly: {e.GetType().Name}: {e.Message} "
                    + $"This is a defect of Hyperlight.Sdk: please report it together with a binary log (dotnet build -bl)."),
                new(ProjectFile));
        }

        return !Log.HasLoggedErrors;
    }

    /// <summary>Stops the task at the next place where the task can be stopped safely.</summary>
    public void Cancel() => _cancellation.Cancel();

    /// <summary>Releases the resources of the task.</summary>
    public void Dispose()
    {
        _cancellation.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Does the work of the task, and reports errors to <see cref="Findings"/>.</summary>
    private protected abstract void Run();

    /// <summary>
    /// Reports a finding about a guest. If the file of the guest holds only debug information, and the same folder has the guest itself,
    /// the report names the guest. A finding about code is reported at its source, if the source is on this computer. Any other finding
    /// about a guest that the build makes is reported at its item, because nobody wrote the guest's file.
    /// </summary>
    /// <returns>Whether the build goes on. The build stops at an error, and a project may make an error of a warning.</returns>
    private protected bool Report(Finding finding, GuestItem guest)
    {
        string? name = finding.Rule == Rules.DebugFile ? DebugFile.FindGuest(guest.Path) : null;
        Finding complete = name is null ? finding : finding with { Message = $"{finding.Message} The same folder has '{name}'." };
        FindingOrigin origin = SourceOf(finding)
            ?? (guest.IsBuilt ? ProjectLines.FindItem(ProjectFile, guest.Include) : new(guest.Path));
        return Findings.Report(complete, origin);
    }

    // The path comes from the guest. A path that leads to another computer is not looked at.
    private FindingOrigin? SourceOf(Finding finding)
    {
        string? path = finding.Location?.File is { } file ? FilePath.Absolute(file, Path.GetDirectoryName(ProjectFile)!) : null;
        return path is not null && !path.StartsWith(@"\\", StringComparison.Ordinal) && File.Exists(path)
            ? new(path, finding.Location!.Line)
            : null;
    }

    /// <summary>Gets whether an exception says that a file cannot be read or written, for example because the disk is full.</summary>
    private protected static bool IsFileFailure(Exception e) => InputFile.IsFailure(e);
}
