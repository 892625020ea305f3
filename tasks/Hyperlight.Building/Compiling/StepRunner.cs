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
/// <param name="compiler">The compiler.</param>
/// <param name="folder">The absolute path of the folder in which the compiler runs.</param>
/// <param name="cancellation">Ends all running commands, and the processes that these started.</param>
internal sealed class StepRunner(GuestCompiler compiler, string folder, CancellationToken cancellation)
{
    private readonly string _identity = compiler.Identity;

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
        string[] arguments = [.. compiler.Arguments, question];
        string key = KeyOf(arguments);
        if (StepRecord.Read(path) is { } record && record.Key == key)
        {
            return record.Text;
        }

        ChildProcess process = Start(arguments);
        string answer = process.Output.Trim();
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        new StepRecord(key, [], answer).Write(path);
        return answer;
    }

    private StepResult Run(BuildStep step)
    {
        string key = KeyOf(step.Arguments);
        string path = StepRecord.PathOf(step.Output);
        if (File.Exists(step.Output) && StepRecord.Read(path) is { } record && record.IsCurrent(key, Digests))
        {
            return new(step, HasRun: false, Succeeded: true, CompilerOutput.Parse(record.Text), record.Text);
        }

        FileChange.Delete(path);
        FileChange.Delete(step.Output);
        Directory.CreateDirectory(Path.GetDirectoryName(step.Output)!);
        DateTime start = DateTime.UtcNow;
        ChildProcess process = Start(step.Arguments);
        Digests.Forget(step.Output);
        string text = process.Error + process.Output;
        IReadOnlyList<CompilerMessage> messages = CompilerOutput.Parse(text);
        if (process.ExitCode != 0)
        {
            FileChange.Delete(step.Output);
            FileChange.Delete(step.DependencyFile);
            return new(step, HasRun: true, Succeeded: false, WithError(messages, process, step), text);
        }

        // A file that somebody changes while the compiler reads it is a file to read again in the next build.
        new StepRecord(key, [.. ReadInputs(step).Select(input => (DigestOf(input, start), input))], text).Write(path);
        return new(step, HasRun: true, Succeeded: true, messages, text);
    }

    private string DigestOf(string input, DateTime start)
    {
        DateTime changed = File.GetLastWriteTimeUtc(input);
        return changed >= start && changed <= DateTime.UtcNow ? "changed" : Digests.Of(input) ?? "missing";
    }

    private IEnumerable<string> ReadInputs(BuildStep step)
    {
        if (step.Inputs is { } inputs)
        {
            return inputs;
        }

        IReadOnlyList<string> files = DependencyFile.Parse(File.ReadAllText(step.DependencyFile));
        FileChange.Delete(step.DependencyFile);
        return files.Select(file => Path.GetFullPath(file, folder));
    }

    private static IReadOnlyList<CompilerMessage> WithError(
        IReadOnlyList<CompilerMessage> messages, ChildProcess process, BuildStep step)
    {
        if (messages.Any(message => message.Severity == MessageSeverity.Error))
        {
            return messages;
        }

        string[] lines = [.. process.Error.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0).TakeLast(2)];
        string words = lines.Length > 0 ? string.Join(" ", lines) : $"the compiler failed with exit code {process.ExitCode}";
        return [.. messages, new(MessageSeverity.Error, step.Subject, 0, 0, words)];
    }

    private string KeyOf(IReadOnlyList<string> arguments) =>
        ContentDigests.OfText(string.Join('\0', (IEnumerable<string>)[_identity, folder, .. arguments]));

    private ChildProcess Start(IReadOnlyList<string> arguments)
    {
        ProcessStartInfo start = new(compiler.Program, arguments) { WorkingDirectory = folder };
        // The messages are read by CompilerOutput, which knows the words of one language.
        start.Environment["LC_ALL"] = "C.UTF-8";
        try
        {
            return ChildProcess.Run(start, Timeout.InfiniteTimeSpan, cancellation);
        }
        catch (Win32Exception e)
        {
            return new(-1, "", $"'{compiler.Program}' cannot be started: {e.Message}");
        }
    }
}
