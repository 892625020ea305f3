using System.Text.Json;
using System.Text.RegularExpressions;
using Hyperlight.EndToEnd.Tests.Documents;

namespace Hyperlight.EndToEnd.Tests;

/// <summary>The program that tells whether a machine can run guests, and what to do if not.</summary>
public sealed partial class DoctorTests(DoctorTests.Copy copy) : IClassFixture<DoctorTests.Copy>
{
    private const string Source = "eng/Doctor.cs";

    [Fact]
    public void Guests_can_run_where_the_runtime_says_so()
    {
        DotNetResult result = copy.Run();

        Assert.Equal(Hypervisor.IsPresent ? 0 : 1, result.ExitCode);
        Assert.Contains(Hypervisor.IsPresent ? "Guests can run here." : "Guests cannot run here.", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_guest_computes_on_this_machine_what_it_computes_on_every_other()
    {
        Kvm.Require();

        Assert.Equal("ok", OutcomeOf(copy.Run(), "10.1"));
    }

    [Fact]
    public void A_machine_without_the_device_is_told_what_to_do()
    {
        DotNetResult result = copy.Run("--device", "/dev/kvm-that-is-not-there");

        Assert.Equal(1, result.ExitCode);
        Assert.Equal("FAILS", OutcomeOf(result, "2.1"));
        Assert.Matches(@"(?m)^2\.1: .*(nested virtualization|firmware)", result.Output);
    }

    [Fact]
    public void A_device_that_is_not_kvm_is_told_apart()
    {
        DotNetResult result = copy.Run("--device", "/dev/null");

        Assert.Equal(1, result.ExitCode);
        Assert.Equal("FAILS", OutcomeOf(result, "3.1"));
    }

    [Fact]
    public void Windows_without_its_feature_is_told_the_command_that_enables_it()
    {
        DotNetResult result = copy.Run("--whp");

        Assert.Equal(1, result.ExitCode);
        Assert.Equal("FAILS", OutcomeOf(result, "1.3"));
        Assert.Contains("/featurename:HypervisorPlatform", result.Output, StringComparison.OrdinalIgnoreCase);
    }

    // The library is built again if it is older than its sources.
    [Theory]
    [InlineData("linux", "ok")]
    [InlineData("linux-old", "differs")]
    public void The_checks_of_Windows_run_with_the_library_for_tests(string library, string newerFunctions)
    {
        Kvm.Require();
        CCompiler.Require();
        string folder = copy.BuildTestLibrary(library);

        DotNetResult result = copy.RunWith($"LD_LIBRARY_PATH={folder}", "--whp");

        Assert.True(result.ExitCode == 0, result.Output);
        Assert.Equal(newerFunctions, OutcomeOf(result, "1.4"));
        Assert.Equal(newerFunctions, OutcomeOf(result, newerFunctions == "ok" ? "5.2" : "5"));
        Assert.All(
            ["1.5", "1.6", "1.7", "2.2", "2.3", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "4.1", "4.2", "6.1", "6.2", "6.3", "6.4", "6.6",
                "7.2", "8.2", "8.4", "8.5", "10.1", "10.2", "10.5", "11.1", "12.1", "14.1"],
            number => Assert.Equal("ok", OutcomeOf(result, number)));
    }

    [Fact]
    public void The_program_for_Windows_runs_guests_in_other_processes_under_Wine()
    {
        const int Surrogates = 4;
        Kvm.Require();

        DotNetResult result = copy.RunForWindows("--surrogates", $"{Surrogates}");

        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.All(["1.3", "3.1", "6.4", "9.1", "9.3", "10.1", "13.1"], number => Assert.Equal("ok", OutcomeOf(result, number)));
    }

    [Fact]
    public void An_unknown_argument_is_refused()
    {
        DotNetResult result = copy.Run("--wph");

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("usage: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_doctor_asks_for_the_capabilities_that_the_runtime_needs()
    {
        const string Folder = "runtime/Hyperlight.Runtime/Hypervisors/Kvm";
        string numbers = ReadSource($"{Folder}/KvmCapability.cs");
        string[] needed =
        [
            .. Needed().Matches(ReadSource($"{Folder}/KvmPresence.cs")).Select(
                match => $"({Number(match.Groups[1].Value)}, \"{match.Groups[2].Value}\")"),
        ];

        Assert.NotEmpty(needed);
        Assert.All(needed, pair => Assert.Contains(pair, ReadSource(Source), StringComparison.Ordinal));

        string Number(string name) => Regex.Match(numbers, $@"\b{name} = (\d+);").Groups[1].Value;
    }

    private static string ReadSource(string path) => File.ReadAllText(Path.Combine(Workspace.RepositoryRoot(), path));

    // The document between the two lines of dashes.
    private static string OutcomeOf(DotNetResult result, string number)
    {
        string report = ReportLines().Match(result.Output).Groups[1].Value;
        using JsonDocument document = JsonDocument.Parse(report);
        return document.RootElement.GetProperty("checks").EnumerateArray()
            .Single(check => check[0].GetString() == number)[1].GetString()!;
    }

    [GeneratedRegex(@"\(KvmCapability\.(\w+), ""(KVM_CAP_\w+)""\)")]
    private static partial Regex Needed();

    [GeneratedRegex(@"----- hyperlight doctor -----\r?\n(.*)\n-+\s*$", RegexOptions.Singleline)]
    private static partial Regex ReportLines();

    /// <summary>A copy of the one file in a folder without settings, built as a user builds it.</summary>
    public sealed class Copy : IDisposable
    {
        private readonly Workspace _workspace;

        public Copy(PackageFolder packages)
        {
            _workspace = new(packages);
            _workspace.AddGuest(Source, "Doctor.cs");

            // A program of one file has its other build output in the user's folder for data.
            _workspace.Run("env", $"XDG_DATA_HOME={_workspace.Root}", "dotnet", "build", "Doctor.cs", "--output", "out").MustSucceed();
        }

        internal DotNetResult Run(params string[] arguments) => _workspace.DotNet([_workspace.PathOf("out/Doctor.dll"), .. arguments]);

        internal DotNetResult RunWith(string variable, params string[] arguments) =>
            _workspace.Run("env", [variable, "dotnet", _workspace.PathOf("out/Doctor.dll"), .. arguments]);

        /// <summary>Runs the program for Windows in Wine, or skips the test where there is no Wine.</summary>
        internal DotNetResult RunForWindows(params string[] arguments)
        {
            string root = Workspace.RepositoryRoot();
            string wine = Path.Combine(root, "tests", "wine");
            if (_workspace.Run(Path.Combine(wine, "install.sh"), "--check") is { ExitCode: not 0 } missing)
            {
                Assert.Skip($"probe Wine: {missing.Error.Trim()}");
            }

            // The copy would download the .NET for Windows in each run.
            string folder = _workspace.PathOf("windows");
            string program = Path.Combine(root, Source);
            _workspace.Run("dotnet", "publish", program, "-r", "win-x64", "--self-contained", "-o", folder).MustSucceed();
            return _workspace.Run(
                Path.Combine(wine, "run.sh"), ["--timeout", "100", Path.Combine(folder, "Doctor.exe"), .. arguments]);
        }

        internal string BuildTestLibrary(string name)
        {
            string root = Workspace.RepositoryRoot();
            _workspace.Run(Path.Combine(root, "tests", "whp-shim", "build.sh")).MustSucceed();
            return Path.Combine(root, "artifacts", "whp-shim", name);
        }

        public void Dispose() => _workspace.Dispose();
    }
}
