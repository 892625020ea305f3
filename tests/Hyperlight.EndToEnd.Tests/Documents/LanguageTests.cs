using Hyperlight.Testing.Documents;

namespace Hyperlight.EndToEnd.Tests.Documents;

/// <summary>The projects of other languages that docs/languages.md prints: built and run as they stand.</summary>
public sealed class LanguageTests(PackageFolder packages)
{
    [Theory]
    [InlineData(".fs")]
    [InlineData(".vb")]
    public void A_project_of_another_language_calls_its_guest(string extension)
    {
        Page page = Page.Read(Workspace.RepositoryRoot(), "docs/languages.md");
        using Workspace workspace = new(packages);
        workspace.AddHello();
        foreach (CodeBlock block in page.Blocks.Where(
            block => Path.GetExtension(block.FileName)?.StartsWith(extension, StringComparison.Ordinal) == true))
        {
            workspace.Write(block.FileName!, block.Text);
        }

        DotNetResult built = workspace.Build("build").MustSucceed();

        Assert.Contains("hello -> ", built.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(workspace.FilesBelow("obj"), file => file.EndsWith(".cs", StringComparison.Ordinal));
        Kvm.Require();
        Assert.Equal(
            "Hello, World!\n42\nWorld, it is noon",
            workspace.DotNet("bin/Debug/net10.0/App.dll").MustSucceed().Output.ReplaceLineEndings("\n").TrimEnd());
    }

    internal static bool IsOfOtherLanguage(CodeBlock block) =>
        Path.GetExtension(block.FileName) is ".fsproj" or ".fs" or ".vbproj" or ".vb";
}
