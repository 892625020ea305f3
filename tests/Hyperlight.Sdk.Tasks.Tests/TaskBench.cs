using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Hyperlight.Sdk.Tasks.Tests;

/// <summary>A folder with a project file. Tests run tasks in the folder one by one, as the targets do.</summary>
internal sealed class TaskBench : IDisposable
{
    public TaskBench()
    {
        Folder = Directory.CreateTempSubdirectory("hyperlight-").FullName;
        File.WriteAllText(ProjectFile, """
            <Project>
              <ItemGroup>
                <HyperlightGuest Include="hello.elf" />
              </ItemGroup>
            </Project>
            """);
    }

    public string Folder { get; }

    public string ProjectFile => Path.Combine(Folder, "App.csproj");

    public string ImageRoot => Path.Combine(Folder, "obj", "hyperlight");

    public RecordingEngine Engine { get; } = new();

    public string PathOf(string file) => Path.Combine(Folder, file);

    public void Write(string file, byte[] bytes) => File.WriteAllBytes(PathOf(file), bytes);

    /// <summary>Resolves guests and returns the items for other tasks.</summary>
    public ITaskItem[] Resolve(params string[] guests)
    {
        ResolveGuests resolve = new()
        {
            Guests = [.. guests.Select(guest => new TaskItem(guest))],
            ImageRoot = ImageRoot,
            AssemblyName = "App",
        };
        Assert.True(Run(resolve));
        return resolve.ResolvedGuests;
    }

    public bool Run(GuestTask task)
    {
        task.BuildEngine = Engine;
        task.ProjectFile = ProjectFile;
        task.HelpRoot = Folder;
        return task.Execute();
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
