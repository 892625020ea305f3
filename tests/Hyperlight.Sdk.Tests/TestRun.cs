using System.Runtime.CompilerServices;
using Microsoft.Build.Locator;

// The build manager belongs to the process: one build at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Hyperlight.Sdk.Tests;

internal static class TestRun
{
    /// <summary>Before any type of MSBuild is touched: from here on its assemblies come from the .NET SDK.</summary>
    [ModuleInitializer]
    internal static void UseMSBuildOfTheSdk()
    {
        MSBuildLocator.RegisterDefaults();
        // A compiler server would outlive the tests.
        Environment.SetEnvironmentVariable("UseSharedCompilation", "false");
    }
}
