namespace Hyperlight.EndToEnd.Tests.Documents;

/// <summary>Runs programs whose guests are written in C#. Where KVM emulates guest code without SSE, they run in the lab.</summary>
internal static class CSharpGuests
{
    /// <summary>The exit code of commands that neither this machine nor a lab can run.</summary>
    public const int Unavailable = 77;

    private static readonly string Lab = Path.Combine(Workspace.RepositoryRoot(), "tests", "kvm-lab");

    /// <summary>
    /// Functions of bash for the commands of a page. <c>dotnet run --project FOLDER</c> builds as usual, and starts the program in the lab
    /// if it cannot run its guest here.
    /// </summary>
    public static readonly string Commands = $$"""
        dotnet() {
            if [ "$1 $2" != "run --project" ]; then command dotnet "$@"; return; fi
            command dotnet build "$3" --verbosity quiet
            local program=$(command dotnet msbuild "$3" -getProperty:RunCommand)
            if "$program" 2> errors; then return; fi
            grep -q HL5008 errors || { cat errors >&2; return 1; }
            '{{Lab}}/install.sh' --check || exit {{Unavailable}}
            '{{Lab}}/run-in-vm.sh' -- "$program"
        }

        """;

    /// <summary>Skips the test where the package for guests in C# was not made.</summary>
    public static void Require() => Assert.SkipWhen(
        Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "feed"), "Hyperlight.Guest.Sdk.*.nupkg").Length == 0,
        "Hyperlight.Guest.Sdk was not packed: it needs musl-dev and a C compiler");
}
