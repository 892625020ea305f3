using System.Text.RegularExpressions;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests.Guests;

/// <summary>Tests the names that the kit adds to musl: newer versions of musl lack names such as <c>open64</c>.</summary>
public sealed partial class MuslNamesTests : IDisposable
{
    private const string Musl = "/usr/lib/x86_64-linux-musl/";

    private readonly DirectoryInfo _output = Directory.CreateTempSubdirectory("hyperlight-musl-");

    public void Dispose() => _output.Delete(recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Names_with_64_link_and_run_with_a_musl_that_has_them_and_with_one_that_does_not(bool isNewer)
    {
        Assert.SkipUnless(KitBuild.Compilers.Contains("gcc"), "probe C compiler: gcc is not there");
        Assert.SkipUnless(File.Exists(Musl + "libc.a"), "probe musl: musl-dev is not installed");
        string names = Path.Combine(Repository.Root, "sdk", "guest", "src", "linux", "names64.S");
        string[] functions = [.. List().Match(File.ReadAllText(names)).Groups[1].Value.Split([',', ' ', '\\', '\n'],
            StringSplitOptions.RemoveEmptyEntries)];
        Assert.InRange(functions.Length, 20, 60);

        string archive = Musl + "libc.a";
        if (isNewer)
        {
            archive = Path.Combine(_output.FullName, "libc.a");
            FinishedProcess strip = FinishedProcess.RunTool(
                "objcopy", [.. functions.Select(function => $"--strip-symbol={function}64"), Musl + "libc.a", archive])!;
            Assert.True(strip.ExitCode == 0, strip.Error);
        }

        string source = Path.Combine(_output.FullName, "main.c"), program = Path.Combine(_output.FullName, "main");
        File.WriteAllText(source, string.Concat(functions.Select(function => $"extern char {function}64[];\n"))
            + $"char *all[] = {{{string.Join(", ", functions.Select(function => function + "64"))}}};\n"
            + "int main(void) { int (*open)(const char *, int, ...) = (void *)open64; long (*seek)(int, long, int) = (void *)lseek64;\n"
            + "return open(\"/dev/null\", 0) == 3 && seek(3, 0, 0) == 0 && all[0] != 0 ? 0 : 1; }\n");
        FinishedProcess link = FinishedProcess.RunTool(
            "gcc", "-static", "-nostdlib", "-fno-builtin", Musl + "crt1.o", source, names, archive, "-o", program)!;
        Assert.True(link.ExitCode == 0, link.Error);
        FinishedProcess run = FinishedProcess.RunTool(program)!;
        Assert.True(run.ExitCode == 0, $"{run.ExitCode} {run.Error}");
    }

    [GeneratedRegex(@"\.irp\s+name,(.*?)\n\s*same", RegexOptions.Singleline)]
    private static partial Regex List();
}
