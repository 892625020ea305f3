using System.Diagnostics;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests;

/// <summary>Runs the other half of a test in a process of its own.</summary>
internal static class OtherProcess
{
    /// <summary>Runs a test method in another process. A theory runs there once for each row of its data.</summary>
    /// <param name="test">The class of the test.</param>
    /// <param name="method">The name of the method.</param>
    /// <param name="variable">An environment variable that is set only in the other process, so that the test can tell the processes
    /// apart.</param>
    /// <param name="value">The value of the variable.</param>
    public static void RunTest(Type test, string method, string variable, string value)
    {
        FinishedProcess other = Run(test, method, variable, value);
        Assert.True(other.ExitCode == 0, other.Output + other.Error);
    }

    /// <inheritdoc cref="RunTest"/>
    /// <returns>The exit code and the output of the process, which may fail.</returns>
    public static FinishedProcess Run(Type test, string method, string variable, string value)
    {
        // A test program that was published for Windows contains .NET, and its machine has no dotnet.
        string assembly = test.Assembly.Location;
        ProcessStartInfo start = OperatingSystem.IsWindows() ? new(Path.ChangeExtension(assembly, ".exe")) : new("dotnet", [assembly]);
        start.ArgumentList.Add("-method");
        start.ArgumentList.Add($"{test.FullName}.{method}");
        start.Environment[variable] = value;
        return FinishedProcess.Run(start);
    }
}
