using Hyperlight.Sdk.Tasks.Files;
using Microsoft.Build.Framework;
using Task = Microsoft.Build.Utilities.Task;

namespace Hyperlight.Sdk.Tasks;

/// <summary>What all tasks share: coded errors instead of exceptions, and a way to stop.</summary>
public abstract class GuestTask : Task, ICancelableTask, IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();

    /// <summary>The project file: the origin of errors about what the project says.</summary>
    [Required]
    public string ProjectFile { get; set; } = "";

    /// <summary>The folder that the pages of <c>docs/diagnostics</c> are found from.</summary>
    [Required]
    public string HelpRoot { get; set; } = "";

    /// <summary>The property <c>TreatWarningsAsErrors</c>.</summary>
    public string TreatWarningsAsErrors { get; set; } = "";

    /// <summary>The codes of warnings that stay warnings, or are none, where <see cref="TreatWarningsAsErrors"/> is true.</summary>
    public string ToleratedWarnings { get; set; } = "";

    /// <summary>Where findings go.</summary>
    private protected FindingLog Findings => new(Log, new(BuildEngine, TreatWarningsAsErrors, ToleratedWarnings), HelpRoot);

    /// <summary>Set when the build is stopped.</summary>
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
            Findings.Report(Rules.ImageNotWritten.Found(e.Message), new(ProjectFile));
        }
#pragma warning disable CA1031 // The edge of the task: a stack trace tells the user nothing, a code with a page does.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.LogMessage(MessageImportance.Low, "{0}", e.ToString());
            Findings.Report(
                Rules.InternalError.Found(
                    $"{GetType().Name} failed in a way that was not foreseen: {e.GetType().Name}: {e.Message} "
                    + "This is a defect of Hyperlight.Sdk: please report it together with a binary log (dotnet build -bl)."),
                new(ProjectFile));
        }

        return !Log.HasLoggedErrors;
    }

    /// <summary>Stops the task as soon as it is safe to do so.</summary>
    public void Cancel() => _cancellation.Cancel();

    /// <summary>Releases what the task holds.</summary>
    public void Dispose()
    {
        _cancellation.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The task's work. Errors are reported through <see cref="Findings"/>.</summary>
    private protected abstract void Run();

    /// <summary>Reports what was found about a guest. Of a file with debug information alone, the report names the guest where the guest lies beside the file.</summary>
    /// <returns>Whether the build goes on: it does not where the project makes an error of a warning.</returns>
    private protected bool Report(Finding finding, GuestItem guest)
    {
        string? name = finding.Rule == Rules.DebugFile ? DebugFile.FindGuest(guest.Path) : null;
        return Findings.Report(name is null ? finding : finding with { Message = $"{finding.Message} The same folder has '{name}'." }, new(guest.Path));
    }

    /// <summary>Whether an exception is one that files are expected to cause: missing, denied, in use, disk full.</summary>
    private protected static bool IsFileFailure(Exception e) => InputFile.IsFailure(e);
}
