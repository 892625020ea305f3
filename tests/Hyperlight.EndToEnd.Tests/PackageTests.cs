using System.IO.Compression;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Hyperlight.EndToEnd.Tests.Documents;
using Hyperlight.Testing;
using Hyperlight.Testing.Assemblies;

namespace Hyperlight.EndToEnd.Tests;

/// <summary>Tests the content of the packages.</summary>
public sealed partial class PackageTests
{
    private static readonly string[] Tools =
    [
        "Hyperlight.Building.dll", "Hyperlight.Image.dll", "Hyperlight.Sdk.Tasks.deps.json", "Hyperlight.Sdk.Tasks.dll",
        "LibObjectFile.dll",
    ];

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
                "snapshotter/net10.0/Hyperlight.Runtime.dll", "snapshotter/net10.0/Hyperlight.Image.dll",
                "snapshotter/net10.0/Hyperlight.Abstractions.dll",
                "snapshotter/net10.0/Microsoft.Extensions.Logging.Abstractions.dll",
                "snapshotter/net10.0/Microsoft.Extensions.DependencyInjection.Abstractions.dll",
                "snapshotter/net10.0/Hyperlight.Snapshotter.dll", "snapshotter/net10.0/Hyperlight.Snapshotter.runtimeconfig.json",
                "snapshotter/net10.0/Hyperlight.Snapshotter.deps.json", "targets/Hyperlight.Sdk.Snapshot.targets",
                "build/Hyperlight.Sdk.targets", "docs/diagnostics/HL6001.md",
                "guest/include/hyperlight_guest.h", "docs/diagnostics/HL1001.md", "docs/diagnostics/README.md",
            },
            files.ToHashSet());
        Assert.Equal(Tools, FilesOf("tools/net10.0"));
        Assert.DoesNotContain(
            files, file => file.StartsWith("lib/", StringComparison.Ordinal) || file.EndsWith(".elf", StringComparison.Ordinal));

        IEnumerable<string> FilesOf(string folder) => files
            .Where(file => Path.GetDirectoryName(file)!.Replace('\\', '/') == folder).Select(file => Path.GetFileName(file)!)
            .Order(StringComparer.Ordinal);
    }

    [Fact]
    public void The_tools_have_machine_code_for_the_platform_that_packed_them()
    {
        Assert.SkipUnless(PacksMachineCode, "packing makes machine code on Linux on x64 only");
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "feed", "Hyperlight.Sdk.0.1.0.nupkg"));

        Assert.All(Tools.Where(file => file.EndsWith(".dll", StringComparison.Ordinal)), file =>
            Assert.Equal(
                (true, false),
                (HasMachineCode(package, $"tools/net10.0/linux-x64/{file}"), HasMachineCode(package, $"tools/net10.0/{file}"))));
        Assert.NotNull(package.GetEntry("tools/net10.0/linux-x64/Hyperlight.Sdk.Tasks.deps.json"));
    }

    /// <summary>Without machine code the just-in-time compiler takes most of the time of a short program (docs/performance.md).</summary>
    [Theory]
    [InlineData("Hyperlight.Runtime.dll")]
    [InlineData("Hyperlight.Image.dll")]
    public void The_runtime_has_machine_code_for_the_platform_that_packed_it(string file)
    {
        Assert.SkipUnless(PacksMachineCode, "packing makes machine code on Linux on x64 only");
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "feed", "Hyperlight.Runtime.0.1.0.nupkg"));

        Assert.True(HasMachineCode(package, $"runtimes/linux-x64/lib/net10.0/{file}"));
        Assert.False(HasMachineCode(package, $"lib/net10.0/{file}"));
    }

    [Fact]
    public void The_package_of_guests_in_csharp_has_the_kit_its_digests_and_the_licences_of_what_it_carries()
    {
        CSharpGuests.Require();
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "feed", "Hyperlight.Guest.Sdk.0.1.0.nupkg"));
        string[] files = [.. package.Entries.Select(entry => entry.FullName)];

        Assert.Superset(
            new HashSet<string>
            {
                "Sdk/Sdk.props", "Sdk/Sdk.targets", "README.md", "LICENSE", "THIRD-PARTY-NOTICES.txt", "icon.png",
                "targets/Hyperlight.Guest.Sdk.Version.props", "kit/libc.a", "kit/functions.txt", "kit/digests.txt",
                "docs/csharp-guests.md", "docs/diagnostics/HL7001.md",
            },
            files.ToHashSet());
        Assert.All(Tools, tool => Assert.Contains($"tools/net10.0/{tool}", files));
        string notices = Encoding.UTF8.GetString(Read("THIRD-PARTY-NOTICES.txt"));
        Assert.Contains("Copyright (c) 2005-2020 Rich Felker", notices, StringComparison.Ordinal);
        Assert.Contains("LibObjectFile", notices, StringComparison.Ordinal);

        // A guest is linked again when a digest differs, so each file of the kit and each tool has one.
        string[] digests = [.. Encoding.UTF8.GetString(Read("kit/digests.txt")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.TrimEnd().ToUpperInvariant()).Order(StringComparer.Ordinal)];
        Assert.Equal(
            files.Where(file =>
                    Path.GetExtension(file) is ".o" or ".a" || Path.GetDirectoryName(file)!.EndsWith("net10.0", StringComparison.Ordinal))
                .Where(file => Path.GetExtension(file) != ".json")
                .Select(file => $"{Convert.ToHexString(SHA256.HashData(Read(file)))} {Path.GetFileName(file).ToUpperInvariant()}")
                .Order(StringComparer.Ordinal),
            digests);

        // With other times two packs of the same files would differ.
        Assert.All(
            package.Entries.Where(entry => entry.FullName.Contains('/', StringComparison.Ordinal)),
            entry => Assert.Equal(1980, entry.LastWriteTime.Year));

        byte[] Read(string file)
        {
            using Stream stream = package.GetEntry(file)!.Open();
            using MemoryStream bytes = new();
            stream.CopyTo(bytes);
            return bytes.ToArray();
        }
    }

    private static bool PacksMachineCode =>
        OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.X64;

    private static bool HasMachineCode(ZipArchive package, string file)
    {
        using MemoryStream bytes = new();
        using (Stream stream = package.GetEntry(file)!.Open())
        {
            stream.CopyTo(bytes);
        }

        bytes.Position = 0;
        using PEReader reader = new(bytes);
        return reader.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
    }

    [Theory]
    [MemberData(nameof(LinkTests.Packages), MemberType = typeof(LinkTests))]
    public void Symbols_name_no_folder_of_a_machine_and_an_address_only_where_the_package_does(string name)
    {
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "feed", name));
        using StreamReader manifest = new(
            package.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open());
        bool hasAddress = XDocument.Load(manifest).Descendants()
            .Any(node => node.Name.LocalName == "repository" && node.Attribute("url") is not null);
        ZipArchiveEntry[] assemblies = [.. package.Entries.Where(entry => Assembly().IsMatch(entry.FullName))];

        Assert.NotEmpty(assemblies);
        Assert.All(assemblies, entry =>
        {
            using MemoryStream bytes = new();
            using (Stream stream = entry.Open())
            {
                stream.CopyTo(bytes);
            }

            bytes.Position = 0;
            SymbolFile symbols = SymbolFile.Of(bytes);
            Assert.All(symbols.Documents, path => Assert.StartsWith("/_/", path, StringComparison.Ordinal));
            Assert.Equal(hasAddress, symbols.SourceLink is not null);
        });
    }

    [GeneratedRegex(@"(?<!linux-x64)/Hyperlight\.[^/]*\.dll$")]
    private static partial Regex Assembly();

    [Fact]
    public void The_package_of_the_runtime_is_an_ordinary_one()
    {
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "feed", "Hyperlight.Runtime.0.1.0.nupkg"));
        string[] files = [.. package.Entries.Select(entry => entry.FullName).Where(file => file.Contains('/', StringComparison.Ordinal))
            .Where(file => file[0] != '_' && !file.StartsWith("package/", StringComparison.Ordinal))];

        Assert.Equal(
            [
                "buildTransitive/Hyperlight.Runtime.targets",
                "lib/net10.0/Hyperlight.Image.dll", "lib/net10.0/Hyperlight.Image.xml",
                "lib/net10.0/Hyperlight.Runtime.dll", "lib/net10.0/Hyperlight.Runtime.xml",
            ],
            files.Where(file => !file.StartsWith("runtimes/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        using StreamReader manifest = new(package.GetEntry("Hyperlight.Runtime.nuspec")!.Open());
        Assert.Equal(
            ["Hyperlight.Abstractions All", "Microsoft.Extensions.Logging.Abstractions "],
            XDocument.Load(manifest).Descendants().Where(node => node.Name.LocalName == "dependency")
                .Select(node => $"{node.Attribute("id")!.Value} {node.Attribute("include")?.Value}"));
    }
    /// <summary>A compiler has no assembly of Workspaces, which only editors have.</summary>
    [Fact]
    public void The_package_of_the_attributes_has_one_assembly_for_compilers_and_one_for_editors()
    {
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "feed", "Hyperlight.Abstractions.0.1.0.nupkg"));
        Dictionary<string, bool> usesEditor = package.Entries
            .Where(entry => entry.FullName.StartsWith("analyzers/", StringComparison.Ordinal))
            .ToDictionary(entry => entry.FullName, entry =>
            {
                using Stream file = entry.Open();
                using MemoryStream content = new();
                file.CopyTo(content);
                return CompiledAssembly.Read(content.ToArray()).References
                    .Any(name => name.Contains("Workspaces", StringComparison.Ordinal));
            });

        Assert.Equal(
            new()
            {
                ["analyzers/dotnet/cs/Hyperlight.Generator.dll"] = false,
                ["analyzers/dotnet/cs/Hyperlight.Generator.CodeFixes.dll"] = true,
            },
            usesEditor);
    }
}
