// The words of build.sh and build.cmd: one program for both, so that they mean the same everywhere. Nothing but the .NET SDK is needed.
#:property PublishAot=false

using System.Diagnostics;
using System.Xml.Linq;

const string Usage = """
    usage: ./build.sh WORD [ARGUMENT...]

      hello, hello32   pack the SDK, build the sample through the package and run it with the arguments
      test             run every test; arguments go to dotnet test, for example --filter NAME
      pack             pack the SDK into artifacts/packages
      format           check whitespace, style and analyzers
      clean            delete everything that was built
    """;

string root = Environment.CurrentDirectory;
return args switch
{
    ["hello", .. var rest] => Pack() is 0 ? RunSample("Hello", rest) : 1,
    ["hello32", .. var rest] => Pack() is 0 ? RunSample("Hello32", rest) : 1,
    ["test", .. var rest] => Test(rest),
    ["pack"] => Pack(),
    ["format"] => Format(),
    ["clean"] => Clean(),
    _ => Misused(),
};

int Misused()
{
    Console.Error.WriteLine(Usage);
    return 2;
}

int Pack() => DotNet("msbuild", "sdk", "-restore", "-target:Pack", "-property:Configuration=Release", "-verbosity:quiet", "-nologo");

int RunSample(string name, string[] arguments)
{
    string folder = Path.Combine("samples", name);
    return DotNet("msbuild", folder, "-restore", "-verbosity:quiet", "-nologo") is 0
        ? DotNet(["run", "--no-build", "--project", folder, "--", .. arguments])
        : 1;
}

int Format()
{
    int solution = DotNet("format", "Hyperlight.Sdk.sln", "--verify-no-changes");
    int scripts = DotNet("format", "whitespace", "eng", "--folder", "--verify-no-changes");
    return solution == 0 && scripts == 0 ? 0 : 1;
}

int Test(string[] arguments)
{
    string results = Path.Combine(root, "artifacts", "test-results");
    Delete(results);
    int passed = 0;
    List<string> failed = [], skipped = [];
    foreach (string project in Directory.EnumerateFiles(Path.Combine(root, "tests"), "*.Tests.csproj", SearchOption.AllDirectories).Order())
    {
        string name = Path.GetFileNameWithoutExtension(project);
        string report = Path.Combine(results, name + ".trx");
        int exitCode = DotNet(["test", project, "--nologo", "--logger", "trx;LogFileName=" + report, .. arguments]);
        List<string> failedHere = [];
        foreach (XElement test in File.Exists(report) ? XDocument.Load(report).Descendants().Where(node => node.Name.LocalName == "UnitTestResult") : [])
        {
            string line = $"{test.Attribute("testName")?.Value}: {Message(test)}";
            switch (test.Attribute("outcome")?.Value)
            {
                case "Passed":
                    passed++;
                    break;
                case "NotExecuted":
                    skipped.Add(line);
                    break;
                default:
                    failedHere.Add(line);
                    break;
            }
        }

        // No build, no tests, a crash: what did not run counts as one failure. A filter may leave a project without tests.
        if ((exitCode != 0 && failedHere.Count == 0) || (!File.Exists(report) && arguments.Length == 0))
        {
            failed.Add($"{name}: did not run to its end (exit code {exitCode})");
        }

        failed.AddRange(failedHere);
    }

    Console.WriteLine();
    Print("skipped", skipped);
    Print("FAILED", failed);
    Console.WriteLine($"{passed} passed, {failed.Count} failed, {skipped.Count} skipped");
    return failed.Count == 0 ? 0 : 1;
}

static string Message(XElement test) =>
    test.Descendants().FirstOrDefault(node => node.Name.LocalName is "Message" or "StdOut")?.Value.Trim().Split('\n')[0].Trim() ?? "no reason given";

static void Print(string what, List<string> lines) => lines.Order(StringComparer.Ordinal).ToList().ForEach(line => Console.WriteLine($"{what}  {line}"));

int Clean()
{
    foreach (string folder in (string[])["runtime", "tasks", "sdk", "tests", "samples", "bench"])
    {
        string[] projects = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.*proj", SearchOption.AllDirectories) : [];
        foreach (string project in projects)
        {
            Delete(Path.Combine(Path.GetDirectoryName(project)!, "bin"));
            Delete(Path.Combine(Path.GetDirectoryName(project)!, "obj"));
        }
    }

    Delete(Path.Combine("artifacts", "nuget"));
    Delete(Path.Combine("artifacts", "test-results"));
    foreach (string package in Directory.GetFiles(Path.Combine("artifacts", "packages"), "*.nupkg"))
    {
        File.Delete(package);
    }

    return 0;
}

static void Delete(string folder)
{
    if (Directory.Exists(folder))
    {
        Directory.Delete(folder, recursive: true);
    }
}

static int DotNet(params string[] arguments)
{
    using Process process = Process.Start("dotnet", arguments);
    process.WaitForExit();
    return process.ExitCode;
}
