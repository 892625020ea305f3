using Hyperlight.Testing;
using Microsoft.Build.Evaluation;
using Microsoft.Build.Execution;

namespace Hyperlight.Sdk.Tests;

/// <summary>A project in a folder of its own. The project imports the SDK from the source tree, and is built in this process.</summary>
internal sealed class SdkProject : IDisposable
{
    private static readonly string RepositoryRoot = Repository.Root;

    private SdkProject(string file) => (Directory, File) = (Path.GetDirectoryName(file)!, file);

    private SdkProject(string name, string extension)
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("hyperlight-").FullName;
        File = Path.Combine(Directory, name + extension);
        System.IO.Directory.CreateDirectory(Path.Combine(Directory, "guests"));
        Write("Directory.Build.props", "<Project />");
        Write("Directory.Build.targets", "<Project />");
        Write("Directory.Packages.props", "<Project />");
    }

    /// <summary>Gets the folder of the project.</summary>
    public string Directory { get; }

    /// <summary>Gets the path of the project file.</summary>
    public string File { get; }

    /// <summary>Gets the folder that help links lead to.</summary>
    public static string HelpRoot => RepositoryRoot;

    /// <summary>Creates the object for a project file that exists, in the folder of another project.</summary>
    public static SdkProject At(string file) => new(file);

    /// <summary>Creates a project with one guest <c>guests/hello.elf</c> and a program of its own.</summary>
    public static SdkProject WithGuest(string body = "", string name = "App")
    {
        SdkProject project = Empty(body, name);
        project.Write("guests/hello.elf", GuestFiles.Amd64());
        project.Write("Program.cs", "return 0;");
        return project;
    }

    /// <summary>
    /// Creates a project file and nothing else. Hyperlight.Sdk is the only SDK of the project; <see cref="Added"/> creates the other form.
    /// </summary>
    public static SdkProject Empty(string body = "", string name = "App", string extension = ".csproj")
    {
        SdkProject project = new(name, extension);
        project.SetBody(body);
        return project;
    }

    /// <summary>Creates a project of Microsoft.NET.Sdk that adds Hyperlight.Sdk.</summary>
    public static SdkProject Added(string body)
    {
        SdkProject project = new("App", ".csproj");
        project.Write("App.csproj", $"""
            <Project>
              <Import Project="Sdk.props" Sdk="Microsoft.NET.Sdk" />
              <Import Project="{RepositoryRoot}sdk/Sdk/Sdk.props" />
              {body}
              <Import Project="Sdk.targets" Sdk="Microsoft.NET.Sdk" />
              <Import Project="{RepositoryRoot}sdk/Sdk/Sdk.targets" />
            </Project>
            """);
        return project;
    }

    /// <summary>Replaces the project file. The body starts on line 3 of the file.</summary>
    public void SetBody(string body) => Write(Path.GetFileName(File), $"""
        <Project>
          <Import Project="{RepositoryRoot}sdk/Sdk/Sdk.props" />
        {body}
          <Import Project="{RepositoryRoot}sdk/Sdk/Sdk.targets" />
        </Project>
        """);

    /// <summary>Gets the absolute path of a file of the project.</summary>
    public string PathOf(string file) => Path.Combine(Directory, file);

    public bool Has(string file) => System.IO.File.Exists(PathOf(file));

    public string Read(string file) => System.IO.File.ReadAllText(PathOf(file));

    public void Write(string file, string text) => Write(file, System.Text.Encoding.UTF8.GetBytes(text));

    public void Write(string file, byte[] bytes)
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(PathOf(file))!);
        System.IO.File.WriteAllBytes(PathOf(file), bytes);
    }

    public void Delete(string file) => System.IO.File.Delete(PathOf(file));

    /// <summary>
    /// Gets the absolute path of the folder of an image. The folder is called after the guest and the content of the image.
    /// </summary>
    public string PathOfImage(string folder) => ImageFolders.Find(PathOf(folder));

    /// <summary>Gets the paths of the files below a folder, relative to the folder, in order; empty if there is no folder.</summary>
    public string[] FilesBelow(string folder) =>
        System.IO.Directory.Exists(PathOfImage(folder))
            ? [.. System.IO.Directory.EnumerateFiles(PathOfImage(folder), "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(PathOfImage(folder), file).Replace('\\', '/')).Order(StringComparer.Ordinal)]
            : [];

    /// <summary>Replaces the C# compiler with a target that takes no time, for tests that need no compiled assembly.</summary>
    public SdkProject WithoutCompiler()
    {
        Write("Directory.Build.targets", """
            <Project>
              <PropertyGroup>
                <ProduceReferenceAssembly>false</ProduceReferenceAssembly>
                <CustomAfterHyperlightSdkTargets>$(MSBuildThisFileDirectory)NoCompiler.targets</CustomAfterHyperlightSdkTargets>
              </PropertyGroup>
            </Project>
            """);
        Write("NoCompiler.targets", """
            <Project>
              <Target Name="CoreCompile"><Touch Files="@(IntermediateAssembly)" AlwaysCreate="true" /></Target>
            </Project>
            """);
        return this;
    }

    /// <summary>Restores and builds the project.</summary>
    public BuildOutcome RestoreAndBuild(params (string Name, string Value)[] properties)
    {
        BuildOutcome restored = Build("Restore", [.. properties, ("MSBuildRestoreSessionId", Guid.NewGuid().ToString())]);
        return restored.Succeeded ? Build("Build", properties) : restored;
    }

    /// <summary>Builds a target. The outcome has the items that the target returns.</summary>
    public BuildOutcome Build(string target, params (string Name, string Value)[] properties)
    {
        BuildOutcome outcome = new();
        using ProjectCollection projects = new(GlobalProperties(properties));
        BuildParameters parameters = new(projects)
        {
            Loggers = [outcome],
            EnableNodeReuse = false,
            MaxNodeCount = 1,
            DetailedSummary = false,
        };
        BuildRequestData request = new(File, projects.GlobalProperties, null, [target], null);
        BuildManager.DefaultBuildManager.ResetCaches();
        BuildResult result = BuildManager.DefaultBuildManager.Build(parameters, request);
        outcome.Succeeded = result.OverallResult == BuildResultCode.Success;
        outcome.Items = result.ResultsByTarget.TryGetValue(target, out TargetResult? returned) ? returned.Items : [];
        return outcome;
    }

    /// <summary>Evaluates the project without a build, as editors do.</summary>
    public ProjectInstance Evaluate(params (string Name, string Value)[] properties)
    {
        using ProjectCollection projects = new(GlobalProperties(properties));
        return new(File, projects.GlobalProperties, null, projects);
    }

    public void Dispose()
    {
        if (System.IO.Directory.Exists(Directory))
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    private static Dictionary<string, string> GlobalProperties((string Name, string Value)[] properties)
    {
        Dictionary<string, string> all = new(StringComparer.OrdinalIgnoreCase)
        {
            ["HyperlightTasksAssembly"] = Path.Combine(AppContext.BaseDirectory, "Hyperlight.Sdk.Tasks.dll"),
            ["HyperlightRuntimeDirectory"] = AppContext.BaseDirectory,
            ["HyperlightHelpRoot"] = RepositoryRoot,
        };
        foreach ((string name, string value) in properties)
        {
            all[name] = value;
        }

        return all;
    }
}
