using System.Diagnostics;
using Hyperlight.Testing;
using Hyperlight.Testing.Documents;

namespace Hyperlight.Sdk.Tests.Documents;

/// <summary>The folder of a reader who does what a page of <c>docs/diagnostics</c> says. Builds run in this process.</summary>
internal sealed class ExampleProject : IDisposable
{
    private const string Build = "dotnet build";
    private const string Property = "-p:";
    private const string Detailed = "-v:n";
    private const string FirstLine = """<Project Sdk="Hyperlight.Sdk/0.1.0">""";
    private const string EmptyProject = """<Project Sdk="Hyperlight.Sdk/0.1.0" />""";
    private readonly SdkProject _project = SdkProject.Empty().WithoutCompiler();
    private string _lastBuild = Build;
    private bool? _isBuiltWhole;

    public ExampleProject(DiagnosticPage page)
    {
        if (page.Lines.Any(line => line.Contains("hello.elf", StringComparison.Ordinal)))
        {
            _project.Write("guests/hello.elf", File.ReadAllBytes(Path.Combine(Repository.Root, "samples", "Hello", "guests", "hello.elf")));
        }
    }

    /// <summary>Writes the files, runs the commands and builds.</summary>
    /// <returns>What the build prints, a line for each finding.</returns>
    public string[] Follow(IEnumerable<CodeBlock> blocks)
    {
        foreach (CodeBlock block in blocks.Where(block => !block.Has("output")))
        {
            if (block.FileName is { } file)
            {
                _project.Write(file, file == "App.csproj" ? ToProject(block) : block.Text);
                continue;
            }

            Assert.Equal("sh", block.Language);
            string[] commands = block.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            _lastBuild = commands[^1].StartsWith(Build, StringComparison.Ordinal) ? commands[^1] : _lastBuild;
            RunShell(block, string.Join('\n', commands.Except([_lastBuild])));
        }

        return RunBuild();
    }

    public void Dispose() => _project.Dispose();

    // The first line imports the SDK from the source tree, so that the lines of messages are those of the page.
    private static string ToProject(CodeBlock block)
    {
        string text = block.Text.Trim().Replace(EmptyProject, FirstLine + "</Project>", StringComparison.Ordinal);
        Assert.StartsWith(FirstLine, text, StringComparison.Ordinal);
        return string.Concat(
            $"""<Project><Import Project="{Repository.Root}sdk/Sdk/Sdk.props" />""",
            text[FirstLine.Length..^"</Project>".Length],
            $"""<Import Project="{Repository.Root}sdk/Sdk/Sdk.targets" /></Project>""");
    }

    private void RunShell(CodeBlock block, string script)
    {
        if (script.Length == 0)
        {
            return;
        }

        ProcessStartInfo start = new("bash", ["-e", "-c", script])
        {
            WorkingDirectory = _project.Directory,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using Process shell = Process.Start(start)!;
        Task<string> output = shell.StandardOutput.ReadToEndAsync();
        string error = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        Assert.True(shell.ExitCode == 0, $"{block}: exit code {shell.ExitCode}\n{output.Result}{error}");
    }

    // Images alone take a tenth of the time of a whole build, which runs where images have no fault.
    private string[] RunBuild()
    {
        string[] arguments = _lastBuild[Build.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        (string, string)[] properties =
        [
            ("_HyperlightHypervisorDevice", "/dev/no-kvm"),
            .. from argument in arguments
               where argument != Detailed
               let pair = argument[Property.Length..].Split('=', 2)
               select (pair[0], pair[1]),
        ];
        bool isDetailed = arguments.Contains(Detailed);
        string[] printed = _isBuiltWhole is true ? [] : LinesOf(_project.Build("HyperlightSnapshot", properties), isDetailed);
        _isBuiltWhole ??= printed.Length == 0;
        return _isBuiltWhole.Value ? LinesOf(_project.RestoreAndBuild(properties), isDetailed) : printed;
    }

    // A line for each finding, as dotnet build prints it, with paths below the project's folder.
    private string[] LinesOf(BuildOutcome outcome, bool isDetailed) =>
    [
        .. outcome.Errors.Select(error => LineOf("error", error)),
        .. outcome.Warnings.Select(warning => LineOf("warning", warning)),
        .. isDetailed ? outcome.Information.Select(information => LineOf("message", information)) : [],
    ];

    private string LineOf(string severity, Diagnostic finding)
    {
        string file = finding.File.Replace(_project.Directory + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
        string message = finding.Message.Replace(_project.Directory + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
        return $"{file}{(finding.Line > 0 ? $"({finding.Line})" : " ")}: {severity} {finding.Code}: {message}";
    }
}
