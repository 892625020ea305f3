using Hyperlight.Files;

namespace Hyperlight.Compiling;

/// <summary>Builds guests in Rust with cargo. A guest that cannot be built is left without files.</summary>
/// <param name="cargo">The program cargo.</param>
/// <param name="choices">What the project chooses for all its guests.</param>
/// <param name="cancellation">Ends all running commands.</param>
internal sealed class CrateBuilder(CargoProgram cargo, CompileChoices choices, CancellationToken cancellation)
{
    /// <summary>Builds guests. The results are in the order of the guests.</summary>
    public BuiltGuests Build(IReadOnlyList<CratePlan> crates)
    {
        StepRunner runner = new(cargo, "", cancellation);
        IReadOnlyList<StepResult> results = runner.Run([.. crates.Select(crate => CargoProgram.Build(crate, choices))]);
        List<string> files = [];
        foreach ((CratePlan crate, StepResult result) in crates.Zip(results))
        {
            if (!result.Succeeded)
            {
                GuestBuilder.Remove(crate.Output);
                continue;
            }

            if (result.HasRun || !File.Exists(crate.Output))
            {
                File.WriteAllBytes(crate.Output + ".tmp", StrippedElf.Of(File.ReadAllBytes(crate.SymbolFile)));
                FileChange.Replace(crate.Output + ".tmp", crate.Output);
            }

            files.AddRange([crate.Output, crate.SymbolFile, StepRecord.PathOf(crate.SymbolFile)]);
        }

        return new(results, [], files);
    }
}
