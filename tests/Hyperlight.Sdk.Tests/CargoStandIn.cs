using Hyperlight.Testing;

namespace Hyperlight.Sdk.Tests;

/// <summary>
/// A program <c>cargo</c> that prints recorded documents, and writes a guest and a dependency file as cargo does. The program keeps the
/// folder and the arguments of each run.
/// </summary>
internal static class CargoStandIn
{
    /// <summary>Writes the program into the folder of a project and gets PATH with the program.</summary>
    /// <param name="project">The project.</param>
    /// <param name="documents">The documents, in which <c>@MANIFEST@</c> is the path of the manifest.</param>
    /// <param name="exitCode">The exit code.</param>
    /// <param name="errors">The text that the program writes to its standard error output.</param>
    public static string Install(
        SdkProject project, string documents = "", int exitCode = 0, string errors = "   Compiling guest v0.1.0\n")
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "probe shell: the program is a script");
        string programs = project.PathOf("programs");
        project.Write("programs/guest.elf", GuestFiles.Amd64());
        project.Write("programs/documents", documents.Replace("@MANIFEST@", project.PathOf("guest/Cargo.toml"), StringComparison.Ordinal));
        project.Write("programs/errors", errors);
        project.Write("programs/cargo-hyperlight", "");
        project.Write("programs/cargo", $$"""
            #!/bin/sh
            echo "$PWD" "$@" >> '{{programs}}/runs'
            while [ "$1" != --target-dir ]; do shift; done
            program="$2/x86_64-hyperlight-none/debug/guest"
            mkdir -p "$(dirname "$program")"
            cp '{{programs}}/guest.elf' "$program"
            echo "$program: $PWD/src/main.rs" | sed 's/\([^:]\) /\1\\ /g' > "$program.d"
            touch '{{project.PathOf("guest/Cargo.lock")}}'
            cat '{{programs}}/documents'
            echo '{"reason":"compiler-artifact","manifest_path":"{{project.PathOf("guest/Cargo.toml")}}","executable":"'"$program"'"}'
            cat '{{programs}}/errors' >&2
            exit {{exitCode}}
            """);
        FinishedProcess.RunTool("chmod", "+x", Path.Combine(programs, "cargo"));
        return $"{programs}{Path.PathSeparator}/usr/bin{Path.PathSeparator}/bin";
    }

    /// <summary>Gets the folder and the arguments of each run.</summary>
    public static string[] Runs(SdkProject project) =>
        project.Has("programs/runs") ? project.Read("programs/runs").Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];
}
