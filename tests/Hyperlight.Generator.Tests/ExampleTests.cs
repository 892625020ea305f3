using System.Xml.Linq;
using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator.Tests;

/// <summary>The examples in the documentation of public types compile as the program of a project that has the guest hello.</summary>
public sealed class ExampleTests
{
    // The namespaces that a project of the SDK uses without a using directive.
    private const string OfTheProject = """
        global using System;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Hyperlight;

        internal static class Guests
        {
            public static GuestImage Hello => throw new NotSupportedException();
        }
        """;

    private static readonly IReadOnlyDictionary<string, string> Examples = Read();

    public static TheoryData<string> TypesWithExamples => [.. Examples.Keys.Order(StringComparer.Ordinal)];

    [Fact]
    public void The_types_that_a_program_starts_from_have_an_example() => Assert.Superset(
        new HashSet<string>(
        [
            "T:Hyperlight.GuestImage",
            "T:Hyperlight.GuestInterfaceAttribute",
            "T:Hyperlight.HostFunctions",
            "T:Hyperlight.Sandbox",
            "T:Hyperlight.SandboxPool",
            "T:Hyperlight.Snapshot",
        ]),
        Examples.Keys.ToHashSet());

    [Theory]
    [MemberData(nameof(TypesWithExamples))]
    public void An_example_compiles_as_it_stands(string type)
    {
        GeneratorRun run = GeneratorRun.Of([OfTheProject, Examples[type]], kind: OutputKind.ConsoleApplication);

        // CS0219: an example is short and may leave a variable unused.
        Assert.DoesNotContain(run.OfCompiler.Concat(run.Found), found => found.Id is not "CS0219");
    }

    private static Dictionary<string, string> Read() => (
        from file in (string[])["Hyperlight.Abstractions.xml", "Hyperlight.Image.xml", "Hyperlight.Runtime.xml"]
        from member in XDocument.Load(Path.Combine(AppContext.BaseDirectory, file)).Descendants("member")
        from code in member.Elements("example").Elements("code")
        select (Name: member.Attribute("name")!.Value, code.Value)).ToDictionary(example => example.Name, example => example.Value);
}
