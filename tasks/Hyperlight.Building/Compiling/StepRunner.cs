using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Hyperlight.Files;
using Hyperlight.Processes;

namespace Hyperlight.Compiling;

/// <summary>
/// Runs the steps whose command or files have changed. The content of files counts, and not their times. A step that fails leaves no
/// output.
/// </summary>
/// <param name="tool">The program that the steps run.</param>
/// <param name="folder">The absolute path of the folder in which the program runs, unless a step has another.</param>
/// <param name="cancellation">Ends all running commands, and the processes that these started.</param>
internal sealed class StepRunner(BuildTool tool, string folder, CancellationToken cancellation)
{
    private readonly string _identity = tool.Identity;

    /// <summary>Gets the digests of the files that the steps read.</summary>
    public ContentDigests Digests { get; } = new();

    /// <summary>Runs steps that do not depend on each other, as many at once as there are processors. The results are in order.</summary>
    public IReadOnlyList<StepResult> Run(IReadOnlyList<BuildStep> steps)
    {
        StepResult[] results = new StepResult[steps.Count];
        ParallelOptions options = new() { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount };
        try
        {
            Parallel.For(0, steps.Count, options, i => results[i] = Run(steps[i]));
        }
        catch (AggregateException e)
        {
            // Callers handle the exceptions of files, and not the exception in which Parallel.For wraps them.
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        return results;
    }

    /// <summary>Gets what the compiler answers to a question, for example the path of a file of the compiler.</summary>
    /// <param name="question">The argument with the question.</param>
    /// <param name="path">The path of a file that keeps the answer.</param>
    public string Ask(string question, string path)
    {
        string[] arguments = [.. tool.Arguments, question];
        string key = KeyOf(arguments, folder, []);
        if (StepRecord.Read(path) is { } record && record.Key == key)
        {
            return record.Text;
        }

        ChildProcess process = Start(arguments, folder);
        string answer = process.Output.Trim();
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        new StepRecord(key, [], answer).Write(path);
        return answer;
    }

    private StepResult Run(BuildStep step)
    {
        string key = KeyOf(step.Arguments, FolderOf(step), step.Inputs);
        string path = StepRecord.PathOf(step.Output);
        if (File.Exists(step.Output) && StepRecord.Read(path) is { } record && record.IsCurrent(key, Digests))
        {
            return new(step, HasRun: false, Succeeded: true, tool.Parse(record.Text), record.Text);
        }

        FileChange.Delete(path);
        FileChange.Delete(step.Output);
        Directory.CreateDirectory(Path.GetDirectoryName(step.Output)!);
        DateTime start = DateTime.UtcNow;
        ChildProcess process = Start(step.Arguments, FolderOf(step));
        Digests.Forget(step.Output);
        string text = tool.TextOf(process);
        IReadOnlyList<CompilerMessage> messages = tool.Parse(text);
        if (process.ExitCode != 0)
        {
            FileChange.Delete(step.Output);
            FileChange.Delete(step.DependencyFile);
            return new(step, HasRun: true, Succeeded: false, WithError(messages, process, step), text);
        }

        IReadOnlyList<string> inputs = tool.Complete(step, process, out Finding? finding);
        if (finding is not null)
        {
            return new(step, HasRun: true, Succeeded: false, messages, text) { Finding = finding };
        }

        // A file that somebody changes while the program reads the file is a file to read again in the next build.
        IEnumerable<string> read = inputs.Select(input => Path.GetFullPath(input, FolderOf(step))).Distinct(StringComparer.Ordinal);
        new StepRecord(key, [.. read.Select(input => (DigestOf(input), input))], text).Write(path);
        return new(step, HasRun: true, Succeeded: true, messages, text);

        string DigestOf(string input)
        {
            if (tool.Writes(step, input))
            {
                Digests.Forget(input);
                return Digests.Of(input) ?? "missing";
            }

            DateTime changed = File.GetLastWriteTimeUtc(input);
            return changed >= start && changed <= DateTime.UtcNow ? "changed" : Digests.Of(input) ?? "missing";
        }
    }

    private string FolderOf(BuildStep step) => step.Folder ?? folder;

    private IReadOnlyList<CompilerMessage> WithError(IReadOnlyList<CompilerMessage> messages, ChildProcess process, BuildStep step) =>
        messages.Any(message => message.Severity == MessageSeverity.Error)
            ? messages
            : [.. messages, new(MessageSeverity.Error, step.Subject, 0, 0, tool.ReasonOf(process))];

    private string KeyOf(IReadOnlyList<string> arguments, string workingFolder, IReadOnlyList<string> inputs) =>
        ContentDigests.OfText(string.Join('\0', (IEnumerable<string>)[_identity, workingFolder, .. arguments, .. inputs]));

    private ChildProcess Start(IReadOnlyList<string> arguments, string workingFolder)
    {
        ProcessStartInfo start = new(tool.Program, arguments) { WorkingDirectory = workingFolder };
        foreach ((string name, string value) in tool.Environment)
        {
            start.Environment[name] = value;
        }

        try
        {
            return ChildProcess.Run(start, Timeout.InfiniteTimeSpan, cancellation, tool.MaxText);
        }
        catch (Win32Exception e)
        {
            return new(-1, "", $"'{tool.Program}' cannot be started: {e.Message}");
        }
    }
}
