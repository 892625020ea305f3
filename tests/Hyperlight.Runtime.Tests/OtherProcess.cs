using System.Diagnostics;
using Hyperlight.Testing;

namespace Hyperlight.Runtime.Tests;

/// <summary>Tests of which one half runs in another process.</summary>
internal static class OtherProcess
{
    /// <summary>Runs a test method in another process; for a theory, once for each of its data.</summary>
    /// <param name="test">The class of the test.</param>
    /// <param name="method">The name of the method.</param>
    /// <param name="variable">An environment variable that is set only there, so that the test knows which half it is.</param>
    /// <param name="value">What the variable holds.</param>
    public static void RunTest(Type test, string method, string variable, string value)
    {
        string[] arguments = [test.Assembly.Location, "-method", $"{test.FullName}.{method}"];
        FinishedProcess other = FinishedProcess.Run(new ProcessStartInfo("dotnet", arguments) { Environment = { [variable] = value } });
        Assert.True(other.ExitCode == 0, other.Output + other.Error);
    }
}
