// The commands of build.sh and build.cmd, in one program so that both do the same. It needs nothing but the .NET SDK.
#:property PublishAot=false

using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

const string Usage = """
    usage: ./build.sh WORD [ARGUMENT...]

      hello, hello32, microkernel32
                       pack the SDK, build the sample through the package and run it with the arguments
      orders [--lab]   the same with the sample whose guest is written in C#; with --lab, the program that was built here runs in a
                       virtual machine whose KVM has SSE (tests/kvm-lab)
      test NAME...     run the tests that have one of these texts in namespace.class.method; builds the projects that have such tests
      test [--lab] [--wine]
                       run every test; further arguments go to dotnet test, for example --filter NAME. With --lab, what this machine's
                       KVM cannot do runs in a virtual machine that can (tests/kvm-lab); with --lab --filter NAME all tests of that
                       name do. With --wine the Windows build is tested too, in Wine (tests/wine)
      pack             pack the SDK into artifacts/packages, and the SDK of guests in C# if there are musl-dev and a C compiler
      format           check whitespace, style, analyzers and the length of lines
      clean            delete everything that was built
    """;

const string CSharpGuests = "C# guests";
const string CSharpTests = "Hyperlight.CSharpGuest.Tests";
const string RuntimeTests = "Hyperlight.Runtime.Tests";

string root = Environment.CurrentDirectory;

// Programs that run for seconds gain less from a profile of themselves than it costs.
Environment.SetEnvironmentVariable("DOTNET_TieredPGO", "0");
return args switch
{
    ["hello", .. var rest] => Pack() is 0 ? RunSample("Hello", rest) : 1,
    ["hello32", .. var rest] => Pack() is 0 ? RunSample("Hello32", rest) : 1,
    ["microkernel32", .. var rest] => Pack() is 0 ? RunSample("Microkernel32", rest) : 1,
    ["orders", .. var rest] => Pack() is 0 ? RunOrders(rest) : 1,
    ["test", _, ..] when args.All(argument => !argument.StartsWith('-')) => TestNamed(args[1..]),
    ["test", .. var rest] => Test(rest),
    ["pack"] => Pack(),
    ["format"] => Timed("format", Format),
    ["clean"] => Clean(),
    _ => Misused(),
};

int Misused()
{
    Console.Error.WriteLine(Usage);
    return 2;
}

// Writes to standard error, because standard output belongs to the sample that runs.
static void Say(string text) => Console.Error.WriteLine(text);

int Pack()
{
    Say("Packing the SDK into artifacts/packages ...");
    int exitCode = PackProject("sdk");
    string? missing = MissingForGuestSdk();
    if (missing is not null)
    {
        Say($"Hyperlight.Guest.Sdk, the SDK of guests in C#, is not packed: {missing}.");
        return exitCode;
    }

    return exitCode == 0 ? PackProject(Path.Combine("sdk", "csharp")) : exitCode;
}

int PackProject(string folder) =>
    DotNet("msbuild", folder, "-restore", "-target:Pack", "-property:Configuration=Release", "-maxCpuCount", "-verbosity:quiet", "-nologo");

// Gets what the machine lacks for packing Hyperlight.Guest.Sdk, or null.
static string? MissingForGuestSdk()
{
    string? musl = Environment.GetEnvironmentVariable("HYPERLIGHT_MUSL");
    string archive = musl is null or "" ? "/usr/lib/x86_64-linux-musl/libc.a" : Path.Combine(musl, "lib", "libc.a");
    string[] folders = Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator) ?? [];
    bool hasCompiler = Environment.GetEnvironmentVariable("HYPERLIGHT_CC") is not (null or "")
        || folders.Any(folder => ((string[])["clang", "gcc", "zig"]).Any(compiler => File.Exists(Path.Combine(folder, compiler))));
    return OperatingSystem.IsWindows() ? "it can be packed on Linux only"
        : !File.Exists(archive) ? $"there is no {archive}, install musl-dev or name musl's folder in HYPERLIGHT_MUSL"
        : !hasCompiler ? "there is no C compiler, install clang, gcc or zig or name one in HYPERLIGHT_CC"
        : null;
}

int BuildSample(string name)
{
    string folder = Path.Combine("samples", name);
    Say($"Building {folder} through the package ...");
    return DotNet("msbuild", folder, "-restore", "-verbosity:quiet", "-nologo");
}

int RunSample(string name, string[] arguments) => BuildSample(name) is 0
    ? DotNet(["run", "--no-build", "--project", Path.Combine("samples", name), "--", .. arguments])
    : 1;

// Guests in C# need SSE, which a KVM that emulates guest code lacks. In the lab there is no package feed: nothing is built there.
int RunOrders(string[] arguments)
{
    string project = Path.Combine("Orders", "Orders");
    if (!arguments.Contains("--lab"))
    {
        return RunSample(project, arguments);
    }

    string lab = Path.Combine(root, "tests", "kvm-lab");
    string program = Path.Combine(root, "samples", project, "bin", "Debug", "net10.0", "Orders");
    return BuildSample(project) is 0 && Run(Path.Combine(lab, "install.sh")) is 0
        ? Run(Path.Combine(lab, "run-in-vm.sh"), ["--", program, .. arguments.Except(["--lab"])])
        : 1;
}

int Format()
{
    int solution = DotNet("format", "Hyperlight.Sdk.sln", "--verify-no-changes");
    int scripts = DotNet("format", "whitespace", "eng", "--folder", "--verify-no-changes");
    string[] longLines = [.. SourceFiles(new(root)).SelectMany(LongLines)];
    Print("too long", longLines);
    return solution == 0 && scripts == 0 && longLines.Length == 0 ? 0 : 1;
}

// Gets the files that people write: code, scripts, build files and pages. JSON files and lists of the public API are data.
static IEnumerable<FileInfo> SourceFiles(DirectoryInfo folder) =>
    folder.EnumerateFiles()
        .Where(file => file.Extension is ".cs" or ".fs" or ".vb" or ".c" or ".h" or ".S" or ".ld" or ".rsp" or ".sh" or ".cmd"
                or ".csproj" or ".props" or ".targets" or ".config" or ".yml" or ".md" || file.Name is "Dockerfile" or "run")
            .Concat(folder.EnumerateDirectories()
                .Where(inner => inner.Name is not (".git" or "artifacts" or "bin" or "obj"))
                .SelectMany(SourceFiles));

// Gets the lines with more columns than .editorconfig allows. Tables and code blocks of pages are allowed, and lines without a place for a
// break.
static IEnumerable<string> LongLines(FileInfo file)
{
    Match setting = Regex.Match(File.ReadAllText(".editorconfig"), @"^max_line_length = (\d+)$", RegexOptions.Multiline);
    int limit = int.Parse(setting.Groups[1].Value, CultureInfo.InvariantCulture);
    bool isPage = file.Extension == ".md";
    bool isInBlock = false;
    foreach ((int index, string line) in File.ReadLines(file.FullName).Index())
    {
        string text = line.Trim();
        isInBlock ^= isPage && text.StartsWith("```", StringComparison.Ordinal);
        if (line.Length > limit && text.Contains(' ') && !isInBlock && !(isPage && text.StartsWith('|')))
        {
            yield return $"{Path.GetRelativePath(".", file.FullName)}({index + 1}): {line.Length} columns; at most {limit} are allowed";
        }
    }
}

// An xunit v3 test project is a program, which runs one test in less than a second. dotnet test takes several seconds for each project.
int TestNamed(string[] names)
{
    BuildShim();
    string results = ResultsFolder();
    List<TestResult> tests = BuildCSharpGuests(names);
    foreach (string project in TestProjects().Where(project => Declares(project, names)))
    {
        string name = Path.GetFileNameWithoutExtension(project);
        string report = Path.Combine(results, name + ".trx");
        int exitCode = DotNet("msbuild", project, "-restore", "-verbosity:quiet", "-nologo");
        if (exitCode == 0)
        {
            string[] output = ["-noLogo", "-reporter", "quiet", .. Console.IsOutputRedirected ? (string[])["-noColor"] : []];
            exitCode = Run(TestProgram(name), [.. output, "-trx", report, .. names.SelectMany(MethodFilter)]);
        }

        tests.AddRange(Read(report, name, exitCode, mayBeEmpty: true));
    }

    return tests.Count > 0
        ? Report(tests)
        : Report([new(string.Join(' ', names), "Failed", "no test has this in its namespace, class or method")]);
}

// Whether a project declares each part of one of the names (namespace.class.method). A project that declares the parts in different places
// costs a build and runs no test.
static bool Declares(string project, string[] names)
{
    Regex declaration = new(@"\b(namespace|class|void|\w*Task)\b", RegexOptions.CultureInvariant);
    string declarations = string.Join('\n', Directory.EnumerateFiles(Path.GetDirectoryName(project)!, "*.cs", SearchOption.AllDirectories)
        .SelectMany(File.ReadLines).Where(line => declaration.IsMatch(line)));
    return names.Any(name => name.Split('.').All(part => declarations.Contains(part, StringComparison.OrdinalIgnoreCase)));
}

// Runs all tests, and with --lab and --wine those of the other machines. Other arguments go to dotnet test.
int Test(string[] options)
{
    const string BuildingTests = "Hyperlight.EndToEnd.Tests";
    string[] arguments = [.. options.Where(option => option is not ("--lab" or "--wine"))];
    string results = ResultsFolder();
    bool hasShim = BuildShim();
    List<TestResult> tests = Timed(CSharpGuests, () => BuildCSharpGuests(arguments));
    if (Timed("build", () => DotNet("build", "Hyperlight.Sdk.sln", "--verbosity", "quiet", "-nologo", "-clp:NoSummary")) != 0)
    {
        return Report([.. tests, new("Hyperlight.Sdk.sln", "Failed", "does not build, for the reason above")]);
    }

    if (options.Contains("--lab"))
    {
        // Compilers take minutes in the lab, which sees the guests that this test leaves beside the tests.
        Run(TestProgram(RuntimeTests), ["-noLogo", "-noColor", "-method", "*The_map_of_a_guest_has_the_lines_of_its_source"]);
    }

    // Nothing of this repository is built while tests run, apart from the programs for Wine. The longest tests come first.
    Task<List<TestResult>> lab = Task.Run(() => options.Contains("--lab") ? Timed("lab", () => RunLab(results, arguments)) : []);
    Task<List<TestResult>> builds = Task.Run(() => (List<TestResult>)[
        .. RunTests(BuildingTests, results, arguments),
        .. options.Contains("--wine") ? Timed("wine", () => RunWine(results, arguments)) : []]);
    tests.AddRange(RunTests(RuntimeTests, results, arguments));
    if (arguments.Length == 0)
    {
        string? missing = !hasShim ? "tests/whp-shim is not built, for the reason above"
            : !File.Exists("/dev/kvm") ? "the library of tests/whp-shim needs /dev/kvm, which is not there"
            : null;
        tests.AddRange(missing is null ? Timed("whp", () => RunOnShim(results)) : [new("whp", "NotExecuted", missing)]);
    }

    IEnumerable<string> names = TestProjects().Select(project => Path.GetFileNameWithoutExtension(project));
    tests.AddRange(names.Except([BuildingTests, RuntimeTests]).SelectMany(name => RunTests(name, results, arguments)));
    tests.AddRange(builds.Result);
    foreach (TestResult test in lab.Result)
    {
        // A test that was skipped here and ran in the lab counts once, with its result there. A skipped theory is one test, without its
        // data.
        tests.RemoveAll(other => other.Outcome == "NotExecuted"
            ? test.Name == other.Name || test.Name.StartsWith(other.Name + "(", StringComparison.Ordinal)
            : test.Name == other.Name && test.Outcome != "Passed");
        if (!tests.Exists(other => other.Name == test.Name))
        {
            tests.Add(test);
        }
    }

    // One line says why there are no guests in C#.
    tests.RemoveAll(test => test.Outcome == "NotExecuted" && test.Message.StartsWith(CSharpGuests + ":", StringComparison.Ordinal));
    return Report(tests);
}

// Runs the tests of one project, which is built. Without arguments the program of the tests runs: dotnet test takes seconds longer.
List<TestResult> RunTests(string name, string results, string[] arguments)
{
    string report = Path.Combine(results, name + ".trx");
    return Timed(name, () => Read(
        report,
        name,
        arguments.Length == 0
            ? RunAside([], TestProgram(name), ["-noLogo", "-noColor", "-reporter", "quiet", "-trx", report])
            : RunAside(
                [],
                "dotnet",
                ["test", Path.Combine("tests", name), "--no-build", "--nologo", "--logger", "trx;LogFileName=" + report, .. arguments]),
        mayBeEmpty: arguments.Length > 0));
}

int Report(List<TestResult> tests)
{
    string[] skipped = [.. tests.Where(test => test.Outcome == "NotExecuted").Select(test => test.ToString())];
    string[] failed = [.. tests.Where(test => test.Outcome is not ("NotExecuted" or "Passed")).Select(test => test.ToString())];
    Console.WriteLine();
    Print("skipped", skipped);
    Print("FAILED", failed);
    Console.WriteLine($"{tests.Count - skipped.Length - failed.Length} passed, {failed.Length} failed, {skipped.Length} skipped");
    return failed.Length == 0 ? 0 : 1;
}

// Packs the SDK and builds the guests of tests/guests/csharp through the packages, if one of the names is in their tests or no name is
// given. A guest whose toolchain is not there is skipped with the reason, and so are the tests that need one.
List<TestResult> BuildCSharpGuests(string[] names)
{
    string tests = Path.Combine(root, "tests", CSharpTests, CSharpTests + ".csproj");
    if (names.Length > 0 && !Declares(tests, names))
    {
        return [];
    }

    string guests = Path.Combine(root, "tests", "guests", "csharp", "Images");
    string output = Path.Combine(root, "artifacts", "csharp-guests");
    string reason = Path.Combine(output, "not-built.txt");
    Directory.CreateDirectory(output);
    File.Delete(reason);
    if (Pack() != 0)
    {
        return [new(CSharpGuests, "Failed", "the SDK was not packed, for the reason above")];
    }

    if (Directory.GetFiles(Path.Combine(root, "artifacts", "packages"), "Hyperlight.Guest.Sdk.*.nupkg").Length == 0)
    {
        const string Missing = "the package Hyperlight.Guest.Sdk was not packed: it needs musl-dev and a C compiler for amd64";
        Delete(Path.Combine(output, "guests"));
        File.WriteAllText(reason, $"{CSharpGuests}: {Missing}");
        return [new(CSharpGuests, "NotExecuted", Missing)];
    }

    return DotNet("msbuild", guests, "-restore", "-maxCpuCount", "-verbosity:quiet", "-nologo") == 0
        ? []
        : [new(CSharpGuests, "Failed", "tests/guests/csharp/Images does not build, for the reason above")];
}

// Runs the tests that need more than some KVMs have in the lab's virtual machine, which boots once. It starts the test programs that dotnet
// test has built, because dotnet test itself takes a minute to start there.
List<TestResult> RunLab(string results, string[] arguments)
{
    const int TimeoutSeconds = 1400;
    string[] projects = [RuntimeTests, CSharpTests];
    string lab = Path.Combine(root, "tests", "kvm-lab");
    string[]? filter = arguments switch
    {
        [] => ["-trait", "Needs=*"],
        ["--filter", var name] when name.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '.') =>
            MethodFilter(name),
        _ => null,
    };
    if (filter is null)
    {
        return [new("lab", "Failed", "in the lab the only argument is --filter with a part of a test's name")];
    }

    if (Run(Path.Combine(lab, "install.sh")) != 0)
    {
        return [new("lab", "Failed", "it could not be made ready, the reason is above; ./build.sh test runs what this machine can")];
    }

    string ReportOf(string project) => Path.Combine(results, $"lab.{project}.trx");
    string ExitCodeOf(string project) => Path.Combine(results, $"lab.{project}.exit");
    string script = string.Join('\n', projects.Select(project =>
        $"'{TestProgram(project)}' -noLogo -trx '{ReportOf(project)}' {filter[0]} '{filter[1]}'; echo $? > '{ExitCodeOf(project)}'"));
    int machine = Run(
        Path.Combine(lab, "run-in-vm.sh"),
        ["--timeout", $"{TimeoutSeconds}", "--share", results, "--log", Path.Combine(results, "lab.log"), "--", "bash", "-c", script]);
    List<TestResult> tests = [.. projects.SelectMany(project => Read(
        ReportOf(project),
        $"lab: {project}",
        File.Exists(ExitCodeOf(project)) ? int.Parse(File.ReadAllText(ExitCodeOf(project)), CultureInfo.InvariantCulture) : machine,
        mayBeEmpty: arguments.Length > 0)
        .Select(FailIfSkipped))];
    return tests.Count > 0 ? tests : [new("lab", "Failed", $"no test has {arguments[^1]} in its name")];
}

// A test that the lab skips runs nowhere. Only guests in C# that no machine of this kind can build have a line of their own.
static TestResult FailIfSkipped(TestResult test) =>
    test.Outcome == "NotExecuted" && !test.Message.StartsWith(CSharpGuests + ":", StringComparison.Ordinal)
        ? test with { Outcome = "Failed", Message = "skipped in the lab: " + test.Message }
        : test;

// Builds the Windows Hypervisor Platform for tests (tests/whp-shim). Without it the tests that use it are skipped.
bool BuildShim()
{
    bool isBuilt = OperatingSystem.IsLinux() && Run(Path.Combine(root, "tests", "whp-shim", "build.sh"), "linux") == 0;
    if (!isBuilt)
    {
        Say("The library of tests/whp-shim is not built: tests of the Windows Hypervisor Platform are skipped.");
    }

    return isBuilt;
}

// Runs the tests of the runtime once more with the Windows Hypervisor Platform of tests/whp-shim in place of KVM. Tests that let the
// library fail have run before; here they would make others fail. Tests of compilers take long and show nothing new.
List<TestResult> RunOnShim(string results)
{
    string report = Path.Combine(results, "whp.trx");
    int exitCode = RunAside(
        new() { ["HYPERLIGHT_TEST_HYPERVISOR"] = "whp" },
        TestProgram(RuntimeTests),
        ["-noLogo", "-noColor", "-reporter", "quiet", "-trx", report,
            "-namespace-", "Hyperlight.Runtime.Tests.Hypervisors.Whp*", "-class-", "Hyperlight.Runtime.Tests.Guests.KitLanguageTests"]);
    return [.. Read(report, RuntimeTests, exitCode, mayBeEmpty: false).Select(test => test with { Name = "whp: " + test.Name })];
}

// Runs the Windows build of tests in Wine, one after another. Tests that run in Wine have the trait.
List<TestResult> RunWine(string results, string[] arguments)
{
    const int TimeoutSeconds = 600;
    string scripts = Path.Combine(root, "tests", "wine");
    if (arguments.Length > 0)
    {
        return [new("wine", "Failed", "with --wine all tests of Wine run: leave the other arguments out")];
    }

    if (Run(Path.Combine(scripts, "install.sh"), "--check") != 0)
    {
        return [new("wine", "NotExecuted", "packages are missing, which are named above; tests/wine/install.sh installs them")];
    }

    List<TestResult> tests = [];
    string[] projects = ["Hyperlight.Image.Tests", "Hyperlight.Building.Tests", "Hyperlight.Sdk.Tasks.Tests", RuntimeTests];
    foreach (string name in projects)
    {
        string project = Path.Combine(root, "tests", name);
        string program = Path.Combine(root, "artifacts", "wine", name);
        string report = Path.Combine(results, $"wine.{name}.trx");
        int exitCode = DotNet("publish", project, "-r", "win-x64", "--self-contained", "-o", program, "-verbosity:quiet", "-nologo");
        if (exitCode == 0)
        {
            exitCode = Run(
                Path.Combine(scripts, "run.sh"),
                ["--timeout", $"{TimeoutSeconds}", Path.Combine(program, name + ".exe"), "-noLogo", "-noColor", "-reporter", "quiet",
                    "-parallel", "none", "-trait", "Wine=yes", "-trx", "Z:" + report.Replace('/', '\\')]);
        }

        tests.AddRange(Read(report, name, exitCode, mayBeEmpty: false).Select(test => test with { Name = "wine: " + test.Name }));
    }

    return tests;
}

string ResultsFolder()
{
    string results = Path.Combine(root, "artifacts", "test-results");
    Delete(results);
    Directory.CreateDirectory(results);
    return results;
}

IEnumerable<string> TestProjects() =>
    Directory.EnumerateFiles(Path.Combine(root, "tests"), "*.Tests.csproj", SearchOption.AllDirectories).Order();

string TestProgram(string name) =>
    Path.Combine(root, "tests", name, "bin", "Debug", "net10.0", OperatingSystem.IsWindows() ? name + ".exe" : name);

static string[] MethodFilter(string name) => ["-method", $"*{name}*"];

// Reads the results of a test program. A program that was not built, has no tests or crashed counts as one failure. With a filter a project
// may have no tests.
static List<TestResult> Read(string report, string name, int exitCode, bool mayBeEmpty)
{
    List<TestResult> tests = File.Exists(report)
        ? [.. XDocument.Load(report).Descendants().Where(node => node.Name.LocalName == "UnitTestResult").Select(TestResult.Read)]
        : [];
    bool didRun = exitCode == 0 ? tests.Count > 0 || mayBeEmpty : tests.Exists(test => test.Outcome is not ("NotExecuted" or "Passed"));
    return didRun ? tests : [.. tests, new(name, "Failed", $"did not run to its end (exit code {exitCode})")];
}

static void Print(string what, string[] lines) =>
    lines.Order(StringComparer.Ordinal).ToList().ForEach(line => Console.WriteLine($"{what}  {line}"));

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

    foreach (string folder in (string[])["csharp-guests", "nuget", "test-results", "whp-shim", "wine"])
    {
        Delete(Path.Combine("artifacts", folder));
    }

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

static int DotNet(params string[] arguments) => Run("dotnet", arguments);

static int Run(string program, params string[] arguments)
{
    using Process process = Process.Start(new ProcessStartInfo(program, arguments))!;
    process.WaitForExit();
    return process.ExitCode;
}

// Prints the output when the program has ended, because other programs print at the same time.
static int RunAside(Dictionary<string, string> variables, string program, params string[] arguments)
{
    ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
    foreach ((string name, string value) in variables)
    {
        start.Environment[name] = value;
    }

    StringBuilder output = new();
    void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (output)
        {
            output.Append(line.Data is null ? "" : line.Data + Environment.NewLine);
        }
    }

    using Process process = new() { StartInfo = start };
    process.OutputDataReceived += Keep;
    process.ErrorDataReceived += Keep;
    process.Start();
    process.BeginOutputReadLine();
    process.BeginErrorReadLine();
    process.WaitForExit();
    Console.Write(output.ToString());
    return process.ExitCode;
}

// Does a step and says how long it took.
static T Timed<T>(string step, Func<T> work)
{
    Stopwatch watch = Stopwatch.StartNew();
    T result = work();
    Say($"{step}: {watch.Elapsed.TotalSeconds:F0} s");
    return result;
}

// The result of one test, or the reason why tests did not run.
internal sealed record TestResult(string Name, string Outcome, string Message)
{
    // A test program escapes the quotes in names with backslashes; dotnet test does not.
    public static TestResult Read(XElement test) => new(
        test.Attribute("testName")?.Value.Replace("\\\"", "\"", StringComparison.Ordinal) ?? "unnamed",
        test.Attribute("outcome")?.Value ?? "Failed",
        test.Descendants().FirstOrDefault(node => node.Name.LocalName is "Message" or "StdOut")?.Value.Trim().Split('\n')[0].Trim()
            ?? "no reason given");

    public override string ToString() => $"{Name}: {Message}";
}
