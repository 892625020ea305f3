using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Hyperlight.EndToEnd.Tests.Architecture;

/// <summary>The assemblies of a published program.</summary>
internal static class PublishedCode
{
    private static readonly string[] BuildNamespaces =
    [
        "Hyperlight.Elf", "Hyperlight.Placement", "Hyperlight.Validation", "Hyperlight.Baking"
    ];

    /// <summary>
    /// Checks that a folder has the code that runs guests and none that reads ELF files, validates guests or bakes images.
    /// </summary>
    public static void AssertWithoutBuildHalf(string folder)
    {
        string[] files = Directory.GetFiles(folder, "*.dll", SearchOption.AllDirectories);
        (string Namespace, string Name)[] types = [.. files.SelectMany(TypesOf)];

        Assert.Contains(("Hyperlight", "GuestImage"), types);
        Assert.Contains(("Hyperlight", "Sandbox"), types);
        Assert.DoesNotContain(
            files, file => Path.GetFileName(file) is "Hyperlight.Building.dll" or "Hyperlight.Sdk.Tasks.dll" or "LibObjectFile.dll");
        Assert.DoesNotContain(types, type => BuildNamespaces.Contains(type.Namespace));
        Assert.DoesNotContain(
            types,
            type => type.Namespace.StartsWith("Hyperlight", StringComparison.Ordinal) && type.Name.StartsWith(
                "Elf", StringComparison.Ordinal));
        Assert.DoesNotContain(
            "Hyperlight.Building", File.ReadAllText(Directory.GetFiles(folder, "*.deps.json").Single()), StringComparison.Ordinal);
    }

    private static (string Namespace, string Name)[] TypesOf(string path)
    {
        using PEReader file = new(File.OpenRead(path));
        MetadataReader metadata = file.GetMetadataReader();
        return
        [
            .. from handle in metadata.TypeDefinitions
               let type = metadata.GetTypeDefinition(handle)
               select (metadata.GetString(type.Namespace), metadata.GetString(type.Name)),
        ];
    }
}
