using System.Reflection;

namespace Hyperlight.Runtime.Tests;

/// <summary>The repository that the tests were built in.</summary>
internal static class TestRepository
{
    /// <summary>Its folder.</summary>
    public static string Root { get; } =
        typeof(TestRepository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Repository").Value!;
}
