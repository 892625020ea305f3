using System.Runtime.CompilerServices;
using Microsoft.Build.Locator;

// A process has one build manager, which runs one build at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Hyperlight.Sdk.Tests;

internal static class TestRun
{
    /// <summary>
    /// Loads the assemblies of MSBuild from the .NET SDK. The method must run before the process uses any type of MSBuild.
    /// </summary>
    [ModuleInitializer]
    internal static void UseMSBuildOfTheSdk()
    {
        MSBuildLocator.RegisterDefaults();
    }
}
