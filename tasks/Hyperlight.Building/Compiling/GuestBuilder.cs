using Hyperlight.Files;

namespace Hyperlight.Compiling;

/// <summary>
/// Builds guests from their sources and the guest kit. The kit is compiled once for each target, all objects of all guests are compiled
/// side by side, and then the guests are linked.
/// </summary>
/// <param name="compiler">The compiler.</param>
/// <param name="kit">The absolute path of the guest kit.</param>
/// <param name="folder">The absolute path of the folder for the objects of the kit.</param>
/// <param name="projectFolder">The absolute path of the folder in which the compiler runs.</param>
/// <param name="choices">What the project chooses for all its guests.</param>
/// <param name="cancellation">Ends all running commands.</param>
internal sealed class GuestBuilder(
    GuestCompiler compiler, string kit, string folder, string projectFolder, CompileChoices choices, CancellationToken cancellation)
{
    private readonly StepRunner _runner = new(compiler, projectFolder, cancellation);
    private readonly GuestCommands _commands = new(compiler, kit, choices);

    /// <summary>Builds guests. A guest that cannot be built is left without files, so that no old file passes for a new one.</summary>
    public BuiltGuests Build(IReadOnlyList<GuestPlan> guests)
    {
        IReadOnlyList<BuildStep>[] ofGuests = [.. guests.Select(ObjectsOf)];
        BuildStep[] steps = [.. ofGuests.SelectMany(objects => objects).DistinctBy(step => step.Output)];
        IReadOnlyList<StepResult> compiled = _runner.Run(steps);
        HashSet<string> failed = [.. compiled.Where(result => !result.Succeeded).Select(result => result.Step.Output)];

        List<StepResult> results = [.. compiled];
        List<Finding> findings = [];
        foreach ((GuestPlan guest, IReadOnlyList<BuildStep> objects) in guests.Zip(ofGuests))
        {
            string[] files = [.. objects.Select(step => step.Output)];
            if (files.Any(failed.Contains))
            {
                Remove(guest.Output);
                Remove(guest.SymbolFile);
                continue;
            }

            IReadOnlyList<StepResult> linked = Link(guest, files);
            results.AddRange(linked);
            if (compiler.Family == CompilerFamily.Gcc && guest.Libc is null && linked[^1].Succeeded)
            {
                findings.AddRange(WeakSymbols.Check(files, guest.Output));
            }
        }

        return new(results, findings, [.. Files(results)]);
    }

    /// <summary>Gets the steps that compile the sources of a guest, for tools that want to know the options of each source.</summary>
    public IEnumerable<BuildStep> SourcesOf(GuestPlan guest)
    {
        string headers = guest.Libc is null ? "" : Ask("-print-file-name=include");
        return guest.Sources.Select(source => _commands.Compile(guest, source, ObjectPath(guest, source), headers));
    }

    /// <summary>Removes a file that a step has written, and the record of the step.</summary>
    public static void Remove(string output)
    {
        FileChange.Delete(StepRecord.PathOf(output));
        FileChange.Delete(output);
    }

    private IReadOnlyList<BuildStep> ObjectsOf(GuestPlan guest) =>
    [
        .. KitSources.Of(kit, guest)
            .Select(source => (Source: source, Object: Path.Combine(folder, guest.Target.Name, KitSources.ObjectName(kit, source))))
            .OrderBy(file => file.Object, StringComparer.Ordinal)
            .Select(file => _commands.CompileKit(guest.Target, file.Source, file.Object)),
        .. SourcesOf(guest),
    ];

    // Both files are linked from the same objects, so the second link runs, and reports its errors, only if the first one succeeds.
    private IReadOnlyList<StepResult> Link(GuestPlan guest, string[] objects)
    {
        // Zig links a library of its own, and would name that of a GCC.
        string? builtins = guest.Libc is null || compiler.Family == CompilerFamily.Zig ? null : Ask("-print-libgcc-file-name");
        builtins = File.Exists(builtins) ? builtins : null;
        IReadOnlyList<StepResult> symbols = _runner.Run([_commands.Link(guest, objects, guest.SymbolFile, strips: false, builtins)]);
        if (!symbols[0].Succeeded)
        {
            Remove(guest.Output);
            return symbols;
        }

        StepResult linked = _runner.Run([_commands.Link(guest, objects, guest.Output, strips: true, builtins)])[0];
        return [.. symbols, linked with { Messages = [.. linked.Messages.Except(symbols[0].Messages)] }];
    }

    private string ObjectPath(GuestPlan guest, GuestSource source)
    {
        string path = Path.GetRelativePath(projectFolder, source.Path).Replace('\\', '/');
        return Path.Combine(guest.ObjectFolder, $"{Path.GetFileName(path)}-{ContentDigests.OfText(path)[..8]}.o");
    }

    private string Ask(string question) => _runner.Ask(question, Path.Combine(folder, $"compiler{question}.record"));

    private static IEnumerable<string> Files(IEnumerable<StepResult> results) =>
        results.Where(result => result.Succeeded).SelectMany(
            result => (string[])[result.Step.Output, StepRecord.PathOf(result.Step.Output)]);
}
