namespace Hyperlight.Sdk.Tests;

/// <summary>Tests builds and projects that the SDK refuses: HL4008 to HL4010.</summary>
public sealed class CheckTests
{
    [Fact]
    public void An_old_msbuild_is_told_so_before_it_meets_a_task()
    {
        using SdkProject project = SdkProject.WithGuest();

        BuildOutcome outcome = project.Build("HyperlightBake", ("_HyperlightLeastMSBuildVersion", "99.0"));

        Diagnostic error = Assert.Single(outcome.Errors);
        Assert.Equal(("HL4008", project.File), (error.Code, error.File));
        Assert.EndsWith("/docs/diagnostics/HL4008.md", error.HelpLink, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("net8.0")]
    [InlineData("netstandard2.0")]
    public void A_framework_before_net10_is_turned_down(string framework)
    {
        using SdkProject project = SdkProject.WithGuest($"<PropertyGroup><TargetFramework>{framework}</TargetFramework></PropertyGroup>");

        BuildOutcome outcome = project.Build("HyperlightBake");

        Diagnostic error = Assert.Single(outcome.Errors);
        Assert.Equal("HL4009", error.Code);
        Assert.Contains(framework, error.Message, StringComparison.Ordinal);

        Assert.True(project.Build("HyperlightBake", ("DisableHyperlightRuntimeReference", "true")).Succeeded);
    }

    [Theory]
    [InlineData("netstandard2.0", null, "")]
    [InlineData("net48", null, "")]
    [InlineData("net5.0", null, "")]
    [InlineData("netstandard2.0", "13", "enable")]
    [InlineData("net8.0", null, "enable")]
    [InlineData("net10.0-browser", null, "enable")]
    public void Frameworks_whose_default_language_lacks_them_get_neither_nullable_nor_global_usings(
        string framework, string? language, string expected)
    {
        using SdkProject project = SdkProject.WithGuest(
            $"<PropertyGroup><TargetFramework>{framework}</TargetFramework><LangVersion>{language}</LangVersion></PropertyGroup>");

        Microsoft.Build.Execution.ProjectInstance evaluated = project.Evaluate();

        Assert.Equal((expected, expected), (evaluated.GetPropertyValue("Nullable"), evaluated.GetPropertyValue("ImplicitUsings")));
    }

    [Fact]
    public void Added_to_another_sdk_a_missing_framework_is_ours_to_explain()
    {
        using SdkProject project = SdkProject.Added("<PropertyGroup><OutputType>Exe</OutputType></PropertyGroup>");
        project.Write("guests/hello.elf", GuestFiles.Amd64());

        BuildOutcome outcome = project.RestoreAndBuild();

        Assert.Equal("HL4009", Assert.Single(outcome.Errors).Code);
    }

    [Fact]
    public void Added_to_another_sdk_a_library_without_code_is_asked_what_it_wants()
    {
        using SdkProject project = SdkProject.Added("<PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>");
        project.Write("guests/hello.elf", GuestFiles.Amd64());

        Assert.Equal("HL4009", Assert.Single(project.RestoreAndBuild().Errors).Code);
        Assert.Empty(project.RestoreAndBuild(("HyperlightGenerateProgram", "false")).Errors);
        Assert.Empty(project.RestoreAndBuild(("OutputType", "Exe")).Errors);
    }

    [Fact]
    public void A_project_without_guest_and_code_is_told_where_a_guest_goes()
    {
        using SdkProject project = SdkProject.Empty();

        Diagnostic error = Assert.Single(project.RestoreAndBuild().Errors);

        Assert.Equal(("HL4010", project.File), (error.Code, error.File));
    }
}
