namespace Hyperlight.Sdk.Tests;

/// <summary>Tests typed calls in a project of the SDK.</summary>
public sealed class GeneratorTests
{
    private const string Calculator = "[GuestInterface] partial interface ICalculator { int Add(int a, int b); }";

    [Fact]
    public void A_project_of_the_sdk_has_the_generator()
    {
        using SdkProject project = SdkProject.WithGuest(
            "<PropertyGroup><TreatWarningsAsErrors>true</TreatWarningsAsErrors></PropertyGroup>");
        project.Write("Program.cs", "return ICalculator.For(Guests.Hello.CreateSandbox()).Add(20, 22);");
        project.Write("ICalculator.cs", Calculator);

        BuildOutcome outcome = project.RestoreAndBuild();

        Assert.Empty(outcome.Errors);
        Assert.Empty(outcome.Warnings);
    }

    [Fact]
    public void A_mistake_in_an_interface_is_one_coded_error_at_its_line()
    {
        using SdkProject project = SdkProject.WithGuest();
        project.Write("Program.cs", "return ICalculator.For(Guests.Hello.CreateSandbox()).Add(20, 22);");
        project.Write("ICalculator.cs", "\n" + Calculator.Replace("int b", "object b", StringComparison.Ordinal));

        BuildOutcome outcome = project.RestoreAndBuild();

        Diagnostic error = Assert.Single(outcome.Errors);
        Assert.Equal(("HL6006", "ICalculator.cs", 2), (error.Code, Path.GetFileName(error.File), error.Line));
        Assert.Contains("Parameter b of ICalculator.Add is of type object", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".csproj", "", 1)]
    [InlineData(".csproj", "<PropertyGroup><DisableHyperlightRuntimeReference>true</DisableHyperlightRuntimeReference></PropertyGroup>", 0)]
    [InlineData(".vbproj", "", 0)]
    [InlineData(".fsproj", "", 0)]
    public void Only_csharp_projects_with_the_runtime_have_it(string extension, string body, int count)
    {
        using SdkProject project = SdkProject.Empty(body, extension: extension);

        Assert.Equal(
            count,
            project.Evaluate().GetItems("Analyzer")
                .Count(item => item.EvaluatedInclude.EndsWith("Hyperlight.Generator.dll", StringComparison.Ordinal)));
    }
}
