using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;

namespace Hyperlight.Runtime.Tests.PublicApi;

/// <summary>
/// The public types of the namespace Hyperlight against those of namespaces that programs have in the same file: a type name that is in
/// both is an error CS0104 there.
/// </summary>
public sealed class NameTests
{
    // The namespaces of implicit usings (programs and web programs) and what else the documents and tests of a program often name.
    private static readonly ImmutableHashSet<string> CommonNamespaces =
    [
        "System",
        "System.Collections.Generic",
        "System.Data",
        "System.Diagnostics",
        "System.IO",
        "System.Linq",
        "System.Net.Http",
        "System.Text",
        "System.Threading",
        "System.Threading.Tasks",
        "Microsoft.AspNetCore.Builder",
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Http",
        "Microsoft.AspNetCore.Routing",
        "Microsoft.Extensions.Configuration",
        "Microsoft.Extensions.DependencyInjection",
        "Microsoft.Extensions.Hosting",
        "Microsoft.Extensions.Logging",
        "Xunit",
    ];

    private static readonly IReadOnlyList<Type> Ours =
        [.. PublicTypes.All.Where(type => !type.IsNested)];

    [Fact]
    public void All_public_types_are_in_the_namespace_Hyperlight() =>
        Assert.All(Ours, type => Assert.Equal("Hyperlight", type.Namespace));

    [Fact]
    public void No_public_type_has_the_name_of_a_common_one()
    {
        Dictionary<string, string> common = [];
        string framework = RuntimeEnvironment.GetRuntimeDirectory();
        string web = framework.Replace("Microsoft.NETCore.App", "Microsoft.AspNetCore.App", StringComparison.Ordinal);
        foreach (string folder in (string[])[framework, .. Directory.Exists(web) ? [web] : (string[])[], AppContext.BaseDirectory])
        {
            foreach (string file in Directory.EnumerateFiles(folder, "*.dll"))
            {
                if (!Path.GetFileName(file).StartsWith("Hyperlight.", StringComparison.Ordinal))
                {
                    AddPublicTypes(common, file);
                }
            }
        }

        // The names to compare with were found.
        Assert.All(
            ["DateTime", "File", "Enumerable", "Lock", "Rule", "ILogger", "FactAttribute"], name => Assert.Contains(name, common.Keys));
        string[] collisions =
            [.. Ours.Select(type => type.Name).Where(common.ContainsKey).Select(name => $"Hyperlight.{name} and {common[name]}")];
        Assert.True(collisions.Length == 0, string.Join('\n', collisions));
    }

    // Without loading the assembly: a program's folder has some that other systems need.
    private static void AddPublicTypes(Dictionary<string, string> found, string file)
    {
        using FileStream stream = File.OpenRead(file);
        using PEReader image = new(stream);
        if (!image.HasMetadata)
        {
            return;
        }

        MetadataReader metadata = image.GetMetadataReader();
        foreach (TypeDefinitionHandle handle in metadata.TypeDefinitions)
        {
            TypeDefinition type = metadata.GetTypeDefinition(handle);
            string inNamespace = metadata.GetString(type.Namespace);
            if ((type.Attributes & TypeAttributes.VisibilityMask) == TypeAttributes.Public && CommonNamespaces.Contains(inNamespace))
            {
                string name = metadata.GetString(type.Name).Split('`')[0];
                found.TryAdd(name, $"{inNamespace}.{name}");
            }
        }
    }
}
