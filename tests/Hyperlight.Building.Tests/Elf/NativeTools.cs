using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Elf;

/// <summary>Runs the compiler and the binary tools of the machine. If a tool is missing, the test is skipped with the reason.</summary>
internal sealed class NativeTools : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hyperlight-elf-");

    /// <summary>Gets the absolute path of the folder with the files.</summary>
    public string Folder => _folder.FullName;

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Compiles and links a program. The test is skipped if the compiler is missing or refuses the arguments.</summary>
    public string Compile(string source, string arguments, string compiler = "gcc")
    {
        return CompileIn("", Path.Combine(Folder, "guest.c"), source, arguments, compiler);
    }

    /// <summary>Compiles a program in a folder below <see cref="Folder"/>, so that the path of the source can be relative to it.</summary>
    public string CompileIn(string folder, string input, string source, string arguments, string compiler)
    {
        string start = Path.Combine(Folder, folder);
        string output = Path.Combine(start, "guest.elf");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(start, input))!);
        File.WriteAllText(Path.Combine(start, input), source);
        (int exitCode, string text) = Run(compiler, [.. arguments.Split(' '), "-o", output, input], start);
        Assert.SkipUnless(
            exitCode == 0 && !text.Contains("ignored", StringComparison.Ordinal), $"{compiler} {arguments} does not work here: {text}");
        return output;
    }

    /// <summary>Separates the debug information of a file, as distributions do for their packages.</summary>
    public static string KeepDebug(string file) => Objcopy(file, "--only-keep-debug", ".debug");

    /// <summary>Makes another file of a file. The new file has a name with another end.</summary>
    public static string Objcopy(string file, string option, string end)
    {
        (int exitCode, string text) = Run("objcopy", [option, file, file + end]);
        Assert.SkipUnless(exitCode == 0, $"objcopy {option} does not work here: {text}");
        return file + end;
    }

    /// <summary>Gets the lines that readelf prints.</summary>
    public static string[] Readelf(string option, string file)
    {
        (int exitCode, string text) = Run("readelf", ["-W", option, file]);
        Assert.SkipUnless(exitCode == 0, $"readelf {option} does not work here: {text}");
        return text.Split('\n');
    }

    /// <summary>Gets the function, the file and the line that addr2line prints for each address.</summary>
    public static string[] Addr2line(string file, IEnumerable<ulong> addresses)
    {
        (int exitCode, string text) = Run("addr2line", ["-f", "-s", "-e", file, .. addresses.Select(address => $"{address:x}")]);
        Assert.SkipUnless(exitCode == 0, $"addr2line does not work here: {text}");
        return [.. text.Split('\n').Chunk(2).Where(lines => lines.Length == 2).Select(lines => $"{lines[0]} {Place(lines[1])}")];

        // A place without a line is printed in several ways. A number in brackets may follow the line.
        static string Place(string line) =>
            line.EndsWith('?') || line.EndsWith(":0", StringComparison.Ordinal) ? "??:0" : line.Split(' ')[0];
    }

    /// <summary>Gets the instructions that objdump prints, one for each line.</summary>
    public static string[] Objdump(string file)
    {
        (int exitCode, string text) = Run("objdump", ["-d", "-w", file]);
        Assert.SkipUnless(exitCode == 0, $"objdump -d does not work here: {text}");
        return text.Split('\n');
    }

    private static (int ExitCode, string Text) Run(string program, string[] arguments, string folder = "")
    {
        FinishedProcess? tool = FinishedProcess.RunToolIn(folder, program, arguments);
        return tool is null ? (-1, $"{program} is missing on this machine") : (tool.ExitCode, tool.Output + tool.Error);
    }
}
