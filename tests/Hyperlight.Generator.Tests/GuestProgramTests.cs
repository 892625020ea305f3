using System.Globalization;
using Microsoft.CodeAnalysis;

namespace Hyperlight.Generator.Tests;

/// <summary>Tests what is reported of guests whose code would never run.</summary>
public sealed class GuestProgramTests
{
    private const string Interfaces = """
        using System;
        using System.Threading.Tasks;
        using Hyperlight;
        [GuestInterface] partial interface IGreeter { string Greet(); }
        [GuestInterface] partial interface IOther { string Other(); }

        """;

    [Theory]
    [InlineData("static class Start { static void Main() { } }", "Start.Main would never run")]
    [InlineData("static class Start { static async Task<int> Main(string[] args) => 0; }", "Start.Main would never run")]
    [InlineData("Console.WriteLine(1);\nConsole.WriteLine(2);", "A statement outside of a class would never run")]
    public void An_entry_point_is_HL6022_in_a_guest_alone(string code, string message)
    {
        Diagnostic found = Assert.Single(GeneratorRun.Of(["using System;\nusing System.Threading.Tasks;\n" + code], isGuest: true).Found);

        Assert.Equal(("HL6022", 2), (found.Id, found.Location.GetLineSpan().StartLinePosition.Line));
        Assert.StartsWith(message, found.GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        Assert.Empty(GeneratorRun.Of(["using System;\nusing System.Threading.Tasks;\n" + code]).Found);
    }

    [Theory]
    [InlineData("class Menu { string Main() => \"\"; static string Main(int page) => \"\"; static void Main(int a, int b) { } }")]
    [InlineData("[GuestExport] class Greeter : IGreeter { public string Greet() => \"\"; }")]
    [InlineData("abstract class Greeter : IGreeter { public string Greet() => \"\"; }")]
    [InlineData(
        "[GuestExport] class Greeter : IGreeter { public string Greet() => \"\"; } "
            + "class Other : IGreeter { public string Greet() => \"\"; }")]
    public void Code_that_a_call_can_reach_is_not_reported(string code) =>
        Assert.Empty(GeneratorRun.Of([Interfaces + code], isGuest: true).Found);

    [Fact]
    public void A_class_with_a_guest_interface_that_nothing_exports_is_HL6023()
    {
        const string Source = Interfaces + """
            [GuestExport] class Greeter : IGreeter { public string Greet() => ""; }
            partial class Both : IGreeter { public string Greet() => ""; }
            partial class Both : IOther { public string Other() => ""; }
            """;

        Diagnostic found = Assert.Single(GeneratorRun.Of([Source], isGuest: true).Found);

        Assert.Equal("HL6023", found.Id);
        Assert.StartsWith(
            "Both implements IOther, and no class with the attribute GuestExport does",
            found.GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        Assert.Empty(GeneratorRun.Of([Source]).Found);
    }
}
