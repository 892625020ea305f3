using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Hyperlight.Conformance.Checks;

internal static class EnvironmentChecks
{
    public static Area Area => new("environment")
    {
        { "new line", () => Environment.NewLine.Length },
        { "64 bits", () => $"{Environment.Is64BitProcess} {IntPtr.Size}" },
        { "operating system", () => $"{OperatingSystem.IsLinux()} {OperatingSystem.IsWindows()} {RuntimeInformation.OSArchitecture}" },
        { "version", () => Environment.Version.Major },
        { "framework", () => RuntimeInformation.FrameworkDescription.StartsWith(".NET 10.", StringComparison.Ordinal) },
        { "little end first", () => BitConverter.IsLittleEndian },
        { "a processor", () => Environment.ProcessorCount >= 1 },
        { "ticks rise", () => Environment.TickCount64 is var before && Environment.TickCount64 >= before },
        { "unset variable", () => Environment.GetEnvironmentVariable("NO_SUCH_VARIABLE") },
        {
            "own variable", () =>
            {
                Environment.SetEnvironmentVariable("OWN", "x");
                string? v = Environment.GetEnvironmentVariable("OWN");
                Environment.SetEnvironmentVariable("OWN", null);
                return v;
            }
        },
        { "expand variables", () => Environment.ExpandEnvironmentVariables("%NO_SUCH_VARIABLE% text") },
        {
            "current culture",
            () => $"[{CultureInfo.CurrentCulture.Name}] {CultureInfo.CurrentCulture.NumberFormat.NumberDecimalSeparator}"
        },
        { "named culture", () => new CultureInfo("de-DE").NumberFormat.NumberDecimalSeparator },
        { "custom attribute", () => typeof(Marked).GetCustomAttribute<MarkAttribute>()!.Text },
        { "type name", () => typeof(Dictionary<string, int[]>).ToString() },
        { "is assignable", () => typeof(IEnumerable<object>).IsAssignableFrom(typeof(List<string>)) },
        { "property by reflection", () => typeof(Marked).GetProperty("Value")!.GetValue(new Marked()) },
        { "enum names", () => Enum.GetNames<DayOfWeek>() },
        { "enum parse", () => Enum.Parse<DayOfWeek>("friday", ignoreCase: true) },
        { "flags", () => (FileAttributes.Hidden | FileAttributes.System).ToString() },
        { "activator", () => Activator.CreateInstance<Marked>().Value },
        { "application context switch", () => AppContext.TryGetSwitch("No.Such.Switch", out _) },
        { "exit code", () => Environment.ExitCode },
        { "missing file", () => File.ReadAllText("/no/such/file") },
        { "missing file exists", () => File.Exists("/no/such/file") },
        {
            "console", () =>
            {
                Console.WriteLine("written by a check");
                Console.Error.WriteLine("written to the error stream by a check");
                return "written";
            }
        },
        { "path", () => $"{Path.Combine("/a", "b", "../c")} {Path.GetExtension("x.tar.gz")} {Path.GetFileNameWithoutExtension("/a/b.c")}" },
        { "full path", () => Path.GetFullPath("/a/./b/../c") },
        { "version numbers", () => new Version(1, 2, 3).CompareTo(Version.Parse("1.10")) },
    };

    [AttributeUsage(AttributeTargets.Class)]
    private sealed class MarkAttribute(string text) : Attribute
    {
        public string Text => text;
    }

    [Mark("marked")]
    private sealed class Marked
    {
        public int Value { get; set; } = 17;
    }
}
