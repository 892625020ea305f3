using System.Diagnostics;
using Hyperlight.Linking;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Linking;

/// <summary>
/// Links a program of <c>tests/guests/linking</c> with our linker, GNU ld and lld, compiled in many ways. The program runs as a process of
/// this machine, which needs no virtual machine, and prints the same lines whichever linker linked it.
/// </summary>
public sealed class LinkerMatrixTests : IDisposable
{
    private const string Expected = """
        constructors 101 300 0
        table 6
        weak 0 2
        common 7 0
        functions 2 8 30 40
        words night midnight right night
        switch zero five many
        thread 5011310
        thread 6011310
        thread 7011310
        own 5 0 11 9 0
        library 123 7.500 unset

        """;

    private const string Musl = "/usr/lib/x86_64-linux-musl/libc.a";
    private static readonly string Sources = Path.Combine(Repository.Root, "tests", "guests", "linking");
    private static readonly string Script = Path.Combine(Repository.Root, "sdk", "guest", "amd64-linux.ld");
    private static readonly string[] Names = ["start", "main", "other"];
    private static readonly string[] Unwinding = ["--no-ld-generated-unwind-info"];
    private static readonly string[] Others = ["ld.bfd", "ld.lld"];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hyperlight-linking-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("gcc", "-O0")]
    [InlineData("gcc", "-O2 -ffunction-sections -fdata-sections")]
    [InlineData("gcc", "-Os -fcommon")]
    [InlineData("gcc", "-O2 -fPIC -fno-plt")]
    [InlineData("gcc", "-O2 -fPIC -ftls-model=global-dynamic")]
    [InlineData("gcc", "-O2 -fPIC -ftls-model=global-dynamic -fno-plt")]
    [InlineData("gcc", "-O2 -fPIC -ftls-model=local-dynamic")]
    [InlineData("gcc", "-O2 -fPIC -ftls-model=initial-exec -Wa,-mrelax-relocations=no")]
    [InlineData("clang", "-O0")]
    [InlineData("clang", "-O2 -fPIC -ffunction-sections -fcommon")]
    [InlineData("clang", "-O2 -fPIC -fno-plt -ftls-model=global-dynamic")]
    public void A_program_runs_the_same_whichever_linker_linked_it(string compiler, string options)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(Musl), $"there is no {Musl}: install musl-dev");
        Assert.SkipWhen(FinishedProcess.RunTool(compiler, "--version") is null, $"there is no {compiler}");
        string[] objects = [.. Names.Select(name => Compile(compiler, name, options))];

        Assert.Equal((3, Expected.ReplaceLineEndings("\n")), RunLinkedByUs(objects));
        List<string> absent = [];
        foreach (string linker in Others)
        {
            if (RunLinkedBy(linker, objects) is { } seen)
            {
                Assert.Equal((3, Expected.ReplaceLineEndings("\n")), seen);
            }
            else
            {
                absent.Add(linker);
            }
        }

        Assert.SkipWhen(absent.Count > 0, $"our linker is right; not compared with {string.Join(" and ", absent)}, which is not installed");
    }

    [Theory]
    [InlineData("gcc", "-O1 -gdwarf-4")]
    [InlineData("gcc", "-O1 -gdwarf-5 -ffunction-sections")]
    [InlineData("clang", "-O1 -gdwarf-4 -ffunction-sections")]
    [InlineData("clang", "-O1 -gdwarf-5")]
    public void Tools_find_lines_in_the_symbol_file(string compiler, string options)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(Musl), $"there is no {Musl}: install musl-dev");
        Assert.SkipWhen(FinishedProcess.RunTool(compiler, "--version") is null, $"there is no {compiler}");
        Assert.SkipWhen(FinishedProcess.RunTool("addr2line", "--version") is null, "there is no addr2line");
        string[] objects = [.. Names.Select(name => Compile(compiler, name, options))];
        TestGuest guest = TestGuest.Link([.. objects.Append(Musl).Select(file => new LinkInput(file, File.ReadAllBytes(file)))]);
        string file = Path.Combine(_folder.FullName, "ours.symbols");
        File.WriteAllBytes(file, guest.Linked.SymbolFile);

        // The code of a function begins at its brace, on the next line.
        int line = 2 + Array.FindIndex(
            File.ReadAllLines(Path.Combine(Sources, "main.c")), text => text.StartsWith("int main(", StringComparison.Ordinal));

        FinishedProcess found = FinishedProcess.RunTool("addr2line", "-s", "-f", "-e", file, $"{guest.Symbol("main"):x}")!;

        Assert.Equal($"main\nmain.c:{line}\n", found.Output);
    }

    private string Compile(string compiler, string name, string options)
    {
        string target = Path.Combine(_folder.FullName, name + ".o");
        string include = FinishedProcess.RunTool(compiler, "-print-file-name=include")!.Output.Trim();
        string[] own = name == "start" ? ["-O1", "-fpie"] : ["-fpie", .. options.Split(' ')];
        FinishedProcess compiled = FinishedProcess.RunTool(
            compiler,
            [
                .. own, "-fno-stack-protector", "-nostdinc", "-isystem", "/usr/include/x86_64-linux-musl", "-isystem", include,
                "-c", Path.Combine(Sources, name + ".c"), "-o", target,
            ])!;
        Assert.True(compiled.ExitCode == 0, compiled.Error);
        return target;
    }

    private (int ExitCode, string Output) RunLinkedByUs(string[] objects)
    {
        LinkedGuest guest = TestGuest.Link(
            [.. objects.Append(Musl).Select(file => new LinkInput(file, File.ReadAllBytes(file)))]).Linked;
        string target = Path.Combine(_folder.FullName, "ours.elf");
        File.WriteAllBytes(target, guest.Image);
        return Run(target);
    }

    private (int ExitCode, string Output)? RunLinkedBy(string linker, string[] objects)
    {
        // lld wants a program header for thread-local variables, which the start of the program does not look at.
        string script = File.ReadAllText(Script)
            .Replace("    note ", "    tls     PT_TLS FLAGS(4);\n    note ", StringComparison.Ordinal)
            .Replace("*(.tdata .tdata.*) } :data", "*(.tdata .tdata.*) } :data :tls", StringComparison.Ordinal);
        string path = Path.Combine(_folder.FullName, "lld.ld");
        File.WriteAllText(path, script);
        string target = Path.Combine(_folder.FullName, linker + ".elf");
        FinishedProcess? linked = FinishedProcess.RunTool(
            linker,
            [
                "-static", "-pie", "--no-dynamic-linker", "-T", linker == "ld.lld" ? path : Script, "--gc-sections", "--build-id=none",
                "--hash-style=sysv", "--eh-frame-hdr", "-z", "norelro", "-z", "noexecstack", "-z", "max-page-size=4096",
                .. linker == "ld.lld" ? ["-z", "nostart-stop-gc"] : Unwinding, .. objects, Musl, "-o", target,
            ]);
        if (linked is null)
        {
            return null;
        }

        Assert.True(linked.ExitCode == 0, linked.Error);
        return Run(target);
    }

    private static (int ExitCode, string Output) Run(string program)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        FinishedProcess run = FinishedProcess.Run(new ProcessStartInfo(program) { Environment = { ["LINKED"] = null } });
        return (run.ExitCode, run.Output);
    }
}
