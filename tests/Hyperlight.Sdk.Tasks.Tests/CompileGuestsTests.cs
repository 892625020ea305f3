using System.Globalization;
using Hyperlight.Testing;
using Microsoft.Build.Utilities;
using Task = System.Threading.Tasks.Task;

namespace Hyperlight.Sdk.Tasks.Tests;

/// <summary>Tests the end of a build while the compiler runs, with a compiler that never ends.</summary>
public sealed class CompileGuestsTests
{
    [Fact]
    public async Task A_build_that_is_stopped_ends_the_compiler_and_what_it_started()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "probe shell: the compiler is a script");
        using TemporaryDirectory folder = new();
        string started = Path.Combine(folder.Path, "started");
        string compiler = Path.Combine(folder.Path, "gcc");
        File.WriteAllText(compiler, $"#!/bin/sh\nsleep 600 &\necho $! > '{started}.new'\nmv '{started}.new' '{started}'\nwait\n");
        FinishedProcess.RunTool("chmod", "+x", compiler);
        File.WriteAllText(Path.Combine(folder.Path, "guest.c"), "");
        using CompileGuests task = new()
        {
            BuildEngine = new RecordingEngine(),
            Sources = [new TaskItem("guest.c", new Dictionary<string, string> { ["_HyperlightElf"] = "guest.elf", ["Guest"] = "guest" })],
            Kit = Path.Combine(Repository.Root, "sdk", "guest"),
            OutputFolder = Path.Combine(folder.Path, "guests"),
            Compiler = compiler,
            ProjectFile = Path.Combine(folder.Path, "App.csproj"),
            HelpRoot = "https://example.com/",
        };
        Task<bool> run = Task.Run(task.Execute);
        SpinWait.SpinUntil(() => File.Exists(started));
        int child = int.Parse(File.ReadAllText(started), CultureInfo.InvariantCulture);

        task.Cancel();

        Assert.False(await run);
        Assert.True(SpinWait.SpinUntil(() => !Directory.Exists($"/proc/{child}"), TimeSpan.FromSeconds(30)));
        Assert.Empty(Directory.EnumerateFiles(folder.Path, "*.elf", SearchOption.AllDirectories));
    }
}
