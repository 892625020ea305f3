using System.Text.Json;
using Hyperlight.Testing.Documents;

namespace Hyperlight.EndToEnd.Tests.Documents;

/// <summary>Tests the launch settings for Visual Studio Code that docs/debugging.md prints.</summary>
public class LaunchSettingsTests
{
    /// <summary>
    /// The properties of every configuration, and of the type cppdbg with the request launch: Extension/package.json of
    /// microsoft/vscode-cpptools, "configurationAttributes".
    /// </summary>
    private static readonly Dictionary<string, JsonValueKind> Properties = new()
    {
        ["name"] = JsonValueKind.String,
        ["type"] = JsonValueKind.String,
        ["request"] = JsonValueKind.String,
        ["program"] = JsonValueKind.String,
        ["args"] = JsonValueKind.Array,
        ["cwd"] = JsonValueKind.String,
        ["setupCommands"] = JsonValueKind.Array,
        ["MIMode"] = JsonValueKind.String,
        ["miDebuggerPath"] = JsonValueKind.String,
        ["miDebuggerServerAddress"] = JsonValueKind.String,
        ["stopAtConnect"] = JsonValueKind.True,
        ["sourceFileMap"] = JsonValueKind.Object,
    };

    [Fact]
    public void The_launch_settings_have_properties_that_the_extension_knows()
    {
        IReadOnlyList<CodeBlock> blocks = Page.Read(Workspace.RepositoryRoot(), "docs/debugging.md").Blocks;
        using JsonDocument settings = JsonDocument.Parse(blocks.Single(block => block.FileName == ".vscode/launch.json").Text);
        JsonElement configuration = Assert.Single(settings.RootElement.GetProperty("configurations").EnumerateArray());

        Assert.Equal("0.2.0", settings.RootElement.GetProperty("version").GetString());
        Assert.All(configuration.EnumerateObject(), property => Assert.Equal(Properties[property.Name], property.Value.ValueKind));
        Assert.Equal(
            ("cppdbg", "launch", "gdb"),
            (Text("type"), Text("request"), Text("MIMode")));
        string symbols = Text("program").Replace("${workspaceFolder}/", "", StringComparison.Ordinal);
        Assert.Contains(blocks, block => block.Text.Contains($"gdb --batch {symbols} ", StringComparison.Ordinal));

        string Text(string property) => configuration.GetProperty(property).GetString()!;
    }
}
