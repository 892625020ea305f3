using System.Text;
using System.Text.Json;
using Hyperlight.Testing;

namespace Hyperlight.Snapshotter.Tests;

public sealed class HostFunctionsJsonTests
{
    public static TheoryData<string, string, GuestValue> Values => new()
    {
        { "int", "-5", -5 },
        { "uint", "4294967295", uint.MaxValue },
        { "long", "-9223372036854775808", long.MinValue },
        { "ulong", "18446744073709551615", ulong.MaxValue },
        { "float", "1.5", 1.5f },
        { "double", "1e300", 1e300 },
        { "string", "\"\"", "" },
        { "string", "\"caf\\u00e9\"", "café" },
        { "bool", "true", true },
        { "bytes", "\"yv4=\"", new byte[] { 0xCA, 0xFE } },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_function_gives_the_value_that_is_declared(string type, string json, GuestValue expected)
    {
        DeclaredFunction function = Assert.Single(
            Read($$"""{ "functions": [ { "name": "F", "parameters": ["int", "bytes"], "returns": "{{type}}", "value": {{json}} } ] }"""));

        Assert.Equal(("F", expected.Kind, expected), (function.Name, function.Returns, function.Answer()));
        Assert.Equal([GuestValueKind.Int, GuestValueKind.Bytes], function.Parameters);
    }

    [Fact]
    public void A_byte_order_mark_says_nothing_in_UTF8_and_too_much_in_UTF16()
    {
        const string Json = """{ "functions": [ { "name": "Log", "parameters": [] } ] }""";

        Assert.Single(HostFunctionsJson.Read([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Json)]));
        JsonException refused = Assert.Throws<JsonException>(
            () => HostFunctionsJson.Read([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Json)]));
        Assert.Contains("UTF-16", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_that_says_no_type_returns_nothing()
    {
        DeclaredFunction function = Assert.Single(Read("""{ "functions": [ { "name": "Log", "parameters": ["string"] } ] }"""));

        Assert.Equal((GuestValueKind.Void, GuestValue.Void), (function.Returns, function.Answer()));
    }

    [Fact]
    public void A_function_may_be_declared_to_fail()
    {
        DeclaredFunction function = Assert.Single(
            Read("""{ "functions": [ { "name": "Fetch", "parameters": [], "returns": "bytes", "error": "not at build time" } ] }"""));

        Assert.Equal("not at build time", Assert.Throws<GuestVisibleException>(() => function.Answer()).Message);
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("null", "null")]
    [InlineData("[]", "JSON")]
    [InlineData("{}", "functions")]
    [InlineData("""{ "functions": null }""", "functions")]
    [InlineData("""{ "functions": [null] }""", "A function is null.")]
    [InlineData("""{ "functions": [], "more": 1 }""", "more")]
    [InlineData("""{ "functions": [], "functions": [] }""", "functions")]
    [InlineData("""{ "functions": [ { "parameters": [] } ] }""", "name")]
    [InlineData("""{ "functions": [ { "name": "F" } ] }""", "parameters")]
    [InlineData("""{ "functions": [ { "name": null, "parameters": [] } ] }""", "name")]
    [InlineData("""{ "functions": [ { "name": "F", "parameters": [], "result": 1 } ] }""", "result")]
    [InlineData(
        """{ "functions": [ { "name": "F", "parameters": ["integer"] } ] }""", "F has the type 'integer'; types are void, int, uint")]
    [InlineData("""{ "functions": [ { "name": "F", "parameters": ["Int"] } ] }""", "'Int'")]
    [InlineData("""{ "functions": [ { "name": "F", "parameters": [null] } ] }""", "F has the type ''")]
    [InlineData("""{ "functions": [ { "name": "F", "parameters": ["void"] } ] }""", "F has a parameter of the type void.")]
    [InlineData(
        """{ "functions": [ { "name": "F", "parameters": [], "returns": "int" } ] }""",
        "F returns int and has neither a value nor an error.")]
    [InlineData(
        """{ "functions": [ { "name": "F", "parameters": [], "returns": "int", "value": 1, "error": "no" } ] }""",
        "F has both a value and an error.")]
    [InlineData(
        """{ "functions": [ { "name": "F", "parameters": [], "returns": "int", "value": 2147483648 } ] }""",
        "the value of F, 2147483648, is not of the type int.")]
    [InlineData("""{ "functions": [ { "name": "F", "parameters": [], "returns": "int", "value": "1" } ] }""", "is not of the type int.")]
    [InlineData(
        """{ "functions": [ { "name": "F", "parameters": [], "returns": "int", "value": null } ] }""", "F returns int and has neither")]
    [InlineData(
        """{ "functions": [ { "name": "F", "parameters": [], "returns": "float", "value": 1e39 } ] }""", "is not of the type float.")]
    [InlineData(
        """{ "functions": [ { "name": "F", "parameters": [], "returns": "double", "value": 1e309 } ] }""", "is not of the type double.")]
    [InlineData(
        """{ "functions": [ { "name": "F", "parameters": [], "returns": "bytes", "value": "CAFE!" } ] }""", "is not of the type bytes.")]
    [InlineData("""{ "functions": [ { "name": "F", "parameters": [], "value": 1 } ] }""", "is not of the type void.")]
    public void What_is_not_understood_is_refused(string json, string why) =>
        Assert.Contains(why, Assert.ThrowsAny<JsonException>(() => Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Depth_is_bounded()
    {
        string deep = $$"""{ "functions": [ { "name": "F", "parameters": [], "returns": "int", "value": {{new string('[', 100)}} } ] }""";

        Assert.Contains("depth", Assert.ThrowsAny<JsonException>(() => Read(deep)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "functions": [ { "name": "", "parameters": [] } ] }""")]
    [InlineData("""{ "functions": [ { "name": "F", "parameters": [] }, { "name": "F", "parameters": [] } ] }""")]
    [InlineData("nonsense")]
    public void A_file_that_cannot_be_used_is_HL4013_with_its_name(string json)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, json);

            HyperlightException refused = Assert.Throws<HyperlightException>(() => HostFunctionsJson.Add(path, new()));

            Assert.Equal(Rules.BadHostFunctions, refused.Finding!.Rule);
            Assert.Contains(path, refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_file_that_is_too_large_or_missing_is_HL4013()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, """{ "functions": [] }""" + new string(' ', 1 << 20));
        Assert.Contains(
            "larger than 1048576 bytes",
            Assert.Throws<HyperlightException>(() => HostFunctionsJson.Add(path, new())).Message,
            StringComparison.Ordinal);

        File.Delete(path);
        Assert.Equal(Rules.BadHostFunctions, Assert.Throws<HyperlightException>(() => HostFunctionsJson.Add(path, new())).Finding!.Rule);
    }

    [Fact]
    public void A_pipe_or_a_device_is_HL4013_at_once()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "probe mkfifo: only Linux has it");
        string folder = Directory.CreateTempSubdirectory("hyperlight-").FullName;
        string pipe = Path.Combine(folder, "functions.json");
        NamedPipe.Create(pipe);

        Assert.All([pipe, "/dev/zero", folder], path =>
        {
            HyperlightException refused = Assert.Throws<HyperlightException>(() => HostFunctionsJson.Add(path, new()));
            Assert.Equal(Rules.BadHostFunctions, refused.Finding!.Rule);
            Assert.Contains(path, refused.Message, StringComparison.Ordinal);
        });
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Functions_of_a_file_are_added_to_others()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, """{ "functions": [ { "name": "Now", "parameters": [], "returns": "string", "value": "then" } ] }""");
        HostFunctions functions = new();
        functions.Add("Add", (int a, int b) => a + b);

        HostFunctionsJson.Add(path, functions);

        File.Delete(path);
        Assert.Equal(["Add", "Now"], functions.Names.Order());
    }

    private static IReadOnlyList<DeclaredFunction> Read(string json) => HostFunctionsJson.Read(Encoding.UTF8.GetBytes(json));
}
