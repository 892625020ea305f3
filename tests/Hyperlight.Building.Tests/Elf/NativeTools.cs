using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Elf;

/// <summary>The compiler that makes ELF files and the program that knows better what is in them. A test without them is skipped, with the reason.</summary>
internal sealed class NativeTools : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hyperlight-elf-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Compiles and links; skips the test where the compiler is missing or cannot do what the arguments ask.</summary>
    public string Compile(string source, string arguments)
    {
        string input = Path.Combine(_folder.FullName, "guest.c");
        string output = Path.Combine(_folder.FullName, "guest.elf");
        File.WriteAllText(input, source);
        (int exitCode, string text) = Run("gcc", [.. arguments.Split(' '), "-o", output, input]);
        Assert.SkipUnless(exitCode == 0 && !text.Contains("ignored", StringComparison.Ordinal), $"gcc {arguments} does not work here: {text}");
        return output;
    }

    /// <summary>Separates the debug information of a file, as packages of distributions do.</summary>
    public static string KeepDebug(string file)
    {
        string output = file + ".debug";
        (int exitCode, string text) = Run("objcopy", ["--only-keep-debug", file, output]);
        Assert.SkipUnless(exitCode == 0, $"objcopy --only-keep-debug does not work here: {text}");
        return output;
    }

    /// <summary>What readelf prints, line by line.</summary>
    public static string[] Readelf(string option, string file)
    {
        (int exitCode, string text) = Run("readelf", ["-W", option, file]);
        Assert.SkipUnless(exitCode == 0, $"readelf {option} does not work here: {text}");
        return text.Split('\n');
    }

    /// <summary>The instructions that objdump prints, each on one line.</summary>
    public static string[] Objdump(string file)
    {
        (int exitCode, string text) = Run("objdump", ["-d", "-w", file]);
        Assert.SkipUnless(exitCode == 0, $"objdump -d does not work here: {text}");
        return text.Split('\n');
    }

    private static (int ExitCode, string Text) Run(string program, string[] arguments)
    {
        FinishedProcess? tool = FinishedProcess.RunTool(program, arguments);
        return tool is null ? (-1, $"{program} is missing on this machine") : (tool.ExitCode, tool.Output + tool.Error);
    }
}
