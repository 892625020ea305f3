using Hyperlight.Compiling;
using Hyperlight.Files;
using Hyperlight.Sdk.Tasks.Files;
using Hyperlight.Sdk.Tasks.Settings;
using Microsoft.Build.Framework;

namespace Hyperlight.Sdk.Tasks;

/// <summary>
/// Compiles guests in C from their sources and the guest kit, and guests in Rust with cargo. What a compiler says is reported at the file
/// and line that the compiler names, in its words. Without a compiler the prebuilt files of the guests are used, if every guest has one.
/// </summary>
[MSBuildMultiThreadableTask]
public sealed class CompileGuests : GuestTask
{
    // The file from which editors and analyzers learn the options of each source.
    private const string CompileCommandsName = "compile_commands.json";

    // The folder of the kit's objects. The name of a guest does not start with a dot.
    private const string KitObjectsName = ".kit";

    private readonly List<string> _files = [];

    /// <summary>Gets or sets the <c>HyperlightGuestSource</c> items.</summary>
    public ITaskItem[] Sources { get; set; } = [];

    /// <summary>Gets or sets the <c>HyperlightGuestCrate</c> items.</summary>
    public ITaskItem[] Crates { get; set; } = [];

    /// <summary>Gets or sets the folder of the guest kit.</summary>
    [Required]
    public string Kit { get; set; } = "";

    /// <summary>Gets or sets the folder for the ELF files.</summary>
    [Required]
    public string OutputFolder { get; set; } = "";

    /// <summary>Gets or sets the architecture of guests whose sources name none; empty for amd64.</summary>
    public string Architecture { get; set; } = "";

    /// <summary>Gets or sets the compiler; empty for one that is installed.</summary>
    public string Compiler { get; set; } = "";

    /// <summary>Gets or sets the path of Zig; empty for one that is installed.</summary>
    public string Zig { get; set; } = "";

    /// <summary>Gets or sets the folder with the C library musl; empty for the package of Debian.</summary>
    public string Musl { get; set; } = "";

    /// <summary>Gets or sets the folders with programs, as in the environment variable PATH.</summary>
    public string SearchPath { get; set; } = "";

    /// <summary>Gets or sets the folder of cargo, whose folder <c>bin</c> has commands.</summary>
    public string CargoHome { get; set; } = "";

    /// <summary>Gets or sets the values of variables of the environment that change what cargo builds.</summary>
    public string CargoVariables { get; set; } = "";

    /// <summary>Gets or sets whether the guests are optimized for speed. Otherwise a debugger can follow them better.</summary>
    public bool Optimize { get; set; }

    /// <summary>Gets or sets whether the file <c>compile_commands.json</c> is written.</summary>
    public string WriteCompileCommands { get; set; } = "";

    /// <summary>Gets the files that the build has written or found up to date.</summary>
    [Output]
    public ITaskItem[] WrittenFiles => [.. _files.Select(TaskItems.Create)];

    private string ProjectFolder => Path.GetDirectoryName(ProjectFile)!;

    private protected override void Run()
    {
        string output = FilePath.Absolute(OutputFolder, ProjectFolder).TrimEnd(Path.DirectorySeparatorChar);
        GuestSourceReader reader = new(ProjectFolder, output, Musl.Trim(), Report)
        {
            DefaultArchitecture = Architecture.Trim() is { Length: > 0 } architecture ? architecture : GuestTarget.All[0].Name,
        };
        IReadOnlyList<(GuestPlan Plan, ITaskItem First)> guests = reader.Read(Sources);
        IReadOnlyList<(CratePlan Plan, ITaskItem First)> crates = reader.ReadCrates(Crates, Sources);
        if (Log.HasLoggedErrors)
        {
            return;
        }

        CompileChoices choices = new()
        {
            Optimize = Optimize,
            WarningsAreErrors = TreatWarningsAsErrors.Equals("true", StringComparison.OrdinalIgnoreCase),
            HasGnuLinker = ProgramFile.Find("ld.bfd", SearchPath) is not null,
        };
        if (guests.Count > 0)
        {
            BuildSources(guests, reader, choices, Path.Combine(output, KitObjectsName));
        }

        if (crates.Count > 0)
        {
            BuildCrates(crates, reader, choices);
        }
    }

    private void BuildSources(
        IReadOnlyList<(GuestPlan Plan, ITaskItem First)> guests, GuestSourceReader reader, CompileChoices choices, string kitObjects)
    {
        if (GuestCompiler.Find(Compiler.Trim(), Zig.Trim(), SearchPath, out Finding? finding) is not { } compiler)
        {
            const string missing = "No C compiler is installed, so the sources of the guests are not compiled.";
            const string remedy = "To compile the sources, install clang and lld, gcc or zig.";
            if (Compiler.Trim().Length > 0
                || !TryUsePrebuilt([.. guests.Select(guest => (guest.Plan, guest.First))], reader, missing, remedy))
            {
                Report(finding!, guests[0].First, "");
            }

            return;
        }

        GuestPlan[] plans = [.. guests.Select(guest => guest.Plan)];
        GuestBuilder builder = new(
            compiler,
            FilePath.Absolute(Kit, ProjectFolder).TrimEnd(Path.DirectorySeparatorChar),
            kitObjects,
            ProjectFolder,
            choices,
            Cancellation);
        if (WriteCompileCommands.Trim().Equals("true", StringComparison.OrdinalIgnoreCase))
        {
            WriteCommands(CompileCommands.ToJson(compiler, ProjectFolder, plans.SelectMany(builder.SourcesOf)));
        }

        Report(builder.Build(plans), compiler, _ => guests[0].First);
    }

    private void BuildCrates(IReadOnlyList<(CratePlan Plan, ITaskItem First)> crates, GuestSourceReader reader, CompileChoices choices)
    {
        if (CargoProgram.Find(SearchPath, CargoHome.Trim(), CargoVariables, out Finding? finding) is not { } cargo)
        {
            const string missing = "cargo hyperlight is not installed, so the guests in Rust are not built.";
            const string remedy = "To build the guests, run 'cargo install cargo-hyperlight'.";
            if (!TryUsePrebuilt([.. crates.Select(crate => (crate.Plan, crate.First))], reader, missing, remedy))
            {
                Report(finding!, crates[0].First, "");
            }

            return;
        }

        foreach ((CratePlan plan, ITaskItem first) in crates.Where(crate => CargoProgram.HasSpace(crate.Plan)))
        {
            Report(
                Rules.BadGuestSource.Found(
                    $"'{first.ItemSpec}' would be built in '{plan.ObjectFolder}', and cargo hyperlight can have no space in the path of "
                    + $"that folder: move the project, or name another folder in {SourceMetadata.Options}: {CargoProgram.TargetFolder} "
                    + $"FOLDER."),
                first,
                "");
        }

        if (Log.HasLoggedErrors)
        {
            return;
        }

        Report(
            new CrateBuilder(cargo, choices, Cancellation).Build([.. crates.Select(crate => crate.Plan)]),
            cargo,
            step => crates.First(crate => crate.Plan.SymbolFile == step.Output).First);
    }

    private void Report(BuiltGuests built, BuildTool tool, Func<BuildStep, ITaskItem> itemOf)
    {
        _files.AddRange(built.Files);

        // An error in the options of all sources, or of the compiler itself, would be an error of each source.
        ILookup<CompilerMessage, StepResult> unplaced = built.Results
            .SelectMany(result => result.Messages.Where(message => IsUnplaced(message, result.Step)).Select(message => (message, result)))
            .ToLookup(pair => pair.message with { File = null }, pair => pair.result);
        foreach (IGrouping<CompilerMessage, StepResult> message in unplaced)
        {
            Report(message.Key, message.Count() == 1 ? message.Single().Step.Subject : ProjectFile);
        }

        foreach (StepResult result in built.Results)
        {
            Report(result, tool);
            if (result.Finding is { } finding)
            {
                Report(finding, itemOf(result.Step), "");
            }
        }

        foreach (Finding weak in built.Findings)
        {
            Findings.Report(weak, new(ProjectFile));
        }
    }

    private static bool IsUnplaced(CompilerMessage message, BuildStep step) =>
        message.Line == 0 && (message.File is null || message.File == step.Subject);

    private void Report(Finding finding, ITaskItem item, string metadata)
    {
        WrittenItem written = WrittenItem.Of(item);
        Findings.Report(finding, metadata.Length == 0 ? written.Find(ProjectFile) : written.Find(ProjectFile, metadata));
    }

    private void Report(StepResult result, BuildTool tool)
    {
        if (result.HasRun)
        {
            Log.LogMessage(MessageImportance.Normal, "Made {0}.", Path.GetRelativePath(ProjectFolder, result.Step.Output));
            Log.LogMessage(MessageImportance.Low, "{0} {1}\n{2}", tool.Program, string.Join(' ', result.Step.Arguments), result.Text);
        }

        foreach (CompilerMessage message in result.Messages.Where(message => !IsUnplaced(message, result.Step)))
        {
            Report(message, Path.GetFullPath(message.File ?? result.Step.Subject, ProjectFolder));
        }
    }

    // Problem matchers leave out errors without a code, and the C compiler has none. So its errors have one code, and its warnings another.
    private void Report(CompilerMessage message, string file)
    {
        (int line, int column) = (message.Line, message.Column);
        if (message is { Severity: MessageSeverity.Error, Code: { } code })
        {
            Log.LogError(null, code, null, null, file, line, column, 0, 0, "{0}", message.Text);
            return;
        }

        if (message.Severity is MessageSeverity.Error or MessageSeverity.Warning)
        {
            DiagnosticRule rule = message.Severity == MessageSeverity.Error ? Rules.SourceError : Rules.SourceWarning;
            Findings.Report(rule.FoundText(message.Text), new(file, line, column));
            return;
        }

        Log.LogMessage(null, null, null, file, line, column, 0, 0, MessageImportance.Normal, "{0}", message.Text);
    }

    private bool TryUsePrebuilt(
        IReadOnlyList<(BuildPlan Plan, ITaskItem First)> guests, GuestSourceReader reader, string missing, string remedy)
    {
        string?[] files = [.. guests.Select(guest => reader.PrebuiltOf(guest.First))];
        if (!files.All(File.Exists))
        {
            return false;
        }

        foreach ((BuildPlan plan, string? file) in guests.Select(guest => guest.Plan).Zip(files))
        {
            byte[] content = InputFile.ReadAllBytes(file!);
            if (FileDigest.OfFile(plan.Output) != FileDigest.Of(content))
            {
                GuestBuilder.Remove(plan.Output);
                Directory.CreateDirectory(OutputFolder);
                File.WriteAllBytes(plan.Output + ".tmp", content);
                FileChange.Replace(plan.Output + ".tmp", plan.Output);
            }

            GuestBuilder.Remove(plan.SymbolFile);
            _files.Add(plan.Output);
        }

        Log.LogMessage(
            MessageImportance.High,
            "{0} Used instead: {1}. {2}",
            missing,
            string.Join(", ", files.Select(file => Path.GetRelativePath(ProjectFolder, file!))),
            remedy);
        return true;
    }

    // A file that has the content already keeps its time, so that editors do not read it again.
    private void WriteCommands(byte[] content)
    {
        string path = Path.Combine(ProjectFolder, CompileCommandsName);
        if (FileDigest.OfFile(path) != FileDigest.Of(content))
        {
            File.WriteAllBytes(path + ".tmp", content);
            FileChange.Replace(path + ".tmp", path);
        }
    }
}
