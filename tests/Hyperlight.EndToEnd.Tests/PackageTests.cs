using System.IO.Compression;

namespace Hyperlight.EndToEnd.Tests;

/// <summary>What is in the package.</summary>
public sealed class PackageTests
{
    [Fact]
    public void The_package_has_what_an_sdk_needs_and_nothing_of_others()
    {
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "feed", "Hyperlight.Sdk.0.1.0.nupkg"));
        string[] files = [.. package.Entries.Select(entry => entry.FullName)];

        Assert.Superset(
            new HashSet<string>
            {
                "Sdk/Sdk.props", "Sdk/Sdk.targets", "Sdk/Sdk.props.buildschema.json", "README.md", "LICENSE", "THIRD-PARTY-NOTICES.txt",
                "targets/Hyperlight.Sdk.Version.props", "targets/Hyperlight.Sdk.Bake.targets",
                "runtime/net10.0/Hyperlight.Runtime.dll", "runtime/net10.0/Hyperlight.Runtime.xml",
                "runtime/net10.0/Microsoft.Extensions.Logging.Abstractions.dll", "runtime/net10.0/Microsoft.Extensions.DependencyInjection.Abstractions.dll",
                "runtime/net10.0/Hyperlight.Snapshotter.dll", "runtime/net10.0/Hyperlight.Snapshotter.runtimeconfig.json",
                "runtime/net10.0/Hyperlight.Snapshotter.deps.json", "targets/Hyperlight.Sdk.Snapshot.targets",
                "runtime/net10.0/Hyperlight.Image.dll", "runtime/net10.0/Hyperlight.Image.xml",
                "analyzers/dotnet/cs/Hyperlight.Generator.dll", "targets/Hyperlight.Sdk.Generator.targets", "docs/diagnostics/HL6001.md",
                "guest/include/hyperlight_guest.h", "docs/diagnostics/HL1001.md", "docs/diagnostics/README.md",
            },
            files.ToHashSet());
        Assert.Equal(
            ["Hyperlight.Image.dll", "Hyperlight.Sdk.Tasks.deps.json", "Hyperlight.Sdk.Tasks.dll"],
            files.Where(file => file.StartsWith("tools/net10.0/", StringComparison.Ordinal)).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Single(files, file => file.StartsWith("analyzers/", StringComparison.Ordinal));
        Assert.DoesNotContain(files, file => file.StartsWith("lib/", StringComparison.Ordinal) || file.EndsWith(".elf", StringComparison.Ordinal));
    }
}
