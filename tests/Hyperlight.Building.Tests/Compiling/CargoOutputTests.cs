using Hyperlight.Compiling;
using Hyperlight.Testing;

namespace Hyperlight.Building.Tests.Compiling;

/// <summary>Reads what cargo prints, as its documentation and that of rustc describe the documents.</summary>
public sealed class CargoOutputTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public CargoOutputTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "guest", "src"));
        File.WriteAllText(Source, "");
    }

    private string Source => Path.Combine(_folder.Path, "guest", "src", "main.rs");

    private string Manifest => Path.Combine(_folder.Path, "guest", "Cargo.toml");

    [Theory]
    [InlineData("src/main.rs")]
    [InlineData("guest/src/main.rs")]
    public void A_message_has_the_place_the_words_and_the_code_of_the_compiler(string file)
    {
        string line = Message("error", "mismatched types", $"[{Span(file, "expected `i32`, found `&str`")}]", "{\"code\":\"E0308\"}");

        CompilerMessage message = Assert.Single(CargoOutput.Read(line).Messages);

        Assert.Equal(
            new(MessageSeverity.Error, Source, 14, 49, "mismatched types: expected `i32`, found `&str`") { Code = "E0308" }, message);
    }

    [Fact]
    public void The_place_of_a_macro_of_the_standard_library_is_the_place_that_calls_the_macro()
    {
        string inner = Span("/rustc/0123/library/core/src/macros/mod.rs", "")
            .Replace("null}", $"{{\"span\":{Span("src/main.rs", "")},\"macro_decl_name\":\"panic!\"}}}}", StringComparison.Ordinal);

        CompilerMessage message = Assert.Single(CargoOutput.Read(Message("warning", "w", $"[{inner}]")).Messages);

        Assert.Equal((Source, 14), (message.File, message.Line));
    }

    [Fact]
    public void An_error_of_the_linker_is_at_the_place_that_the_linker_names()
    {
        string ofLinker = Json("rust-lld: error: undefined symbol: missing\n>>> referenced by main.rs:7 (src/main.rs:7)\n");
        string line = Message(
            "error",
            "linking with `rust-lld` failed: exit status: 1",
            "[]",
            "null",
            $"{{\"message\":{ofLinker},\"spans\":[]}}");

        Assert.Equal(
            [new(MessageSeverity.Error, Source, 7, 0, "undefined symbol: missing")], CargoOutput.Read(line).Messages);
    }

    [Fact]
    public void Advice_is_a_note_and_the_counts_at_the_end_are_no_messages()
    {
        string text = string.Join(
            '\n',
            Message(
                "warning",
                "unused variable: `x`",
                $"[{Span("src/main.rs", "help: if this is intentional")}]",
                "{\"code\":\"unused_variables\"}",
                "{\"message\":\"`#[warn(unused_variables)]` on by default\",\"level\":\"note\",\"spans\":[]}"),
            Message("warning", "1 warning emitted", "[]"),
            Message("error", "aborting due to 1 previous error", "[]"),
            Message("failure-note", "For more information about this error, try `rustc --explain E0308`.", "[]"));

        CargoOutput output = CargoOutput.Read(text);

        Assert.Equal([MessageSeverity.Warning, MessageSeverity.Note], output.Messages.Select(message => message.Severity));
        Assert.Equal("unused variable: `x`: help: if this is intentional [unused_variables]", output.Messages[0].Text);
        Assert.Equal(output.Messages, CargoOutput.Read("progress\n" + output.Text).Messages);
        Assert.DoesNotContain('\n', output.Text);
    }

    [Fact]
    public void The_programs_and_the_manifests_are_those_of_the_artifacts()
    {
        string program = Path.Combine(_folder.Path, "target", "guest");
        string text = $$"""
            {"reason":"compiler-artifact","manifest_path":{{Json(Manifest)}},"target":{"kind":["bin"]},"executable":{{Json(program)}}}
            {"reason":"compiler-artifact","manifest_path":{{Json(Manifest)}},"target":{"kind":["lib"]},"filenames":[],"executable":null}
            {"reason":"build-finished","success":true}
            """;

        CargoOutput output = CargoOutput.Read(text);

        Assert.Equal([program], output.Executables);
        Assert.Equal([Manifest], output.Manifests);
        Assert.Empty(output.Messages);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("{\"reason\":1}")]
    [InlineData("{\"reason\":\"compiler-message\"}")]
    [InlineData("{\"reason\":\"compiler-message\",\"message\":[]}")]
    [InlineData("{\"reason\":\"compiler-message\",\"message\":{\"message\":{},\"spans\":3,\"level\":[]}}")]
    [InlineData("{\"reason\":\"compiler-artifact\",\"executable\":\"relative\",\"manifest_path\":\"\\u0000\"}")]
    [InlineData("{\"reason\":\"compiler-artifact\",\"executable\":\"\\ud800\"}")]
    public void A_line_that_is_no_document_of_cargo_is_left_out(string line)
    {
        CargoOutput output = CargoOutput.Read(line);

        Assert.Empty(output.Messages);
        Assert.Empty(output.Executables);
        Assert.Empty(output.Manifests);
    }

    [Fact]
    public void A_line_that_was_cut_within_a_character_is_left_out() => Assert.Empty(CargoOutput.Read("{\"reason\":\"\ud800").Messages);

    [Theory]
    [InlineData("\"src/main.rs\\u0000\"", "1")]
    [InlineData("\"../../../../../../../../etc\"", "1")]
    [InlineData("7", "1")]
    [InlineData("\"src/main.rs\"", "-1")]
    [InlineData("\"src/main.rs\"", "99999999999999999999")]
    public void A_place_that_cannot_be_is_no_place(string file, string line)
    {
        string span = $$"""{"file_name":{{file}},"is_primary":true,"line_start":{{line}},"column_start":1}""";

        CompilerMessage message = Assert.Single(CargoOutput.Read(Message("error", "no", $"[{span}]")).Messages);

        Assert.Equal(0, message.Line);
    }

    [Fact]
    public void A_flood_of_messages_is_cut()
    {
        string text = string.Concat(Enumerable.Range(1, 5000).Select(i => Message("error", i + new string('x', 9000), "[]") + "\n"));

        IReadOnlyList<CompilerMessage> messages = CargoOutput.Read(text).Messages;

        Assert.Equal(200, messages.Count);
        Assert.All(messages, message => Assert.Equal(2000, message.Text.Length));
    }

    public void Dispose() => _folder.Dispose();

    private string Message(string level, string text, string spans, string code = "null", string children = "") =>
        $"{{\"reason\":\"compiler-message\",\"manifest_path\":{Json(Manifest)},\"message\":{{\"rendered\":\"x\",\"children\":[{children}],"
        + $"\"level\":\"{level}\",\"message\":{Json(text)},\"spans\":{spans},\"code\":{code}}}}}";

    private static string Span(string file, string label) =>
        $"{{\"file_name\":{Json(file)},\"is_primary\":true,\"label\":{(label.Length > 0 ? Json(label) : "null")},"
        + "\"line_start\":14,\"column_start\":49,\"expansion\":null}";

    private static string Json(string text) => System.Text.Json.JsonSerializer.Serialize(text);
}
