namespace Hyperlight.Sdk.Tests;

/// <summary>Tests that each build repeats the warnings about a guest, and that a project can make errors of them.</summary>
public sealed class StrictnessTests
{
    [Fact]
    public void A_build_without_a_bake_warns_like_the_build_that_baked()
    {
        using SdkProject project = WithWarning();

        BuildOutcome first = project.Build("HyperlightBake");
        BuildOutcome second = project.Build("HyperlightBake");

        Assert.Equal(["hello"], first.Baked);
        Assert.Empty(second.Baked);
        Assert.Equal(["HL1017"], first.Warnings.Select(warning => warning.Code));
        Assert.Equal(first.Warnings, second.Warnings);
        Assert.Equal(first.Warnings, project.Build("HyperlightValidate").Warnings);
    }

    [Theory]
    [InlineData("MSBuildTreatWarningsAsErrors", "true")]
    [InlineData("TreatWarningsAsErrors", "true")]
    [InlineData("WarningsAsErrors", "HL1017")]
    [InlineData("MSBuildWarningsAsErrors", "CS9999;HL1017")]
    public void A_warning_that_is_an_error_stops_each_build_whether_it_bakes_or_not(string name, string value)
    {
        using SdkProject project = WithWarning();

        BuildOutcome[] strict = [project.Build("HyperlightBake", (name, value)), project.Build("HyperlightBake", (name, value))];
        BuildOutcome lenient = project.Build("HyperlightBake");
        BuildOutcome[] again = [project.Build("HyperlightBake", (name, value)), project.Build("HyperlightValidate", (name, value))];

        Assert.All([.. strict, .. again], outcome =>
        {
            Assert.False(outcome.Succeeded);
            Assert.Equal(["HL1017"], outcome.Errors.Select(error => error.Code));
            Assert.Empty(outcome.Baked);
        });
        Assert.True(lenient.Succeeded);
        Assert.Equal(["HL1017"], lenient.Warnings.Select(warning => warning.Code));
    }

    [Theory]
    [InlineData("NoWarn", "HL1017", false)]
    [InlineData("MSBuildWarningsAsMessages", "HL1017", false)]
    [InlineData("WarningsNotAsErrors", "HL1017", true)]
    [InlineData("MSBuildWarningsNotAsErrors", "HL1017", true)]
    public void A_warning_that_a_project_lets_pass_stops_no_strict_build(string name, string value, bool warns)
    {
        using SdkProject project = WithWarning();
        (string, string)[] properties = [("MSBuildTreatWarningsAsErrors", "true"), ("TreatWarningsAsErrors", "true"), (name, value)];

        BuildOutcome[] outcomes =
        [
            project.Build("HyperlightBake", properties),
            project.Build("HyperlightBake", properties),
            project.Build("HyperlightValidate", properties),
        ];

        Assert.Equal(["hello"], outcomes[0].Baked);
        Assert.All(outcomes, outcome =>
        {
            Assert.True(outcome.Succeeded);
            Assert.Equal(warns ? 1 : 0, outcome.Warnings.Count);
        });
    }

    private static SdkProject WithWarning()
    {
        SdkProject project = SdkProject.WithGuest();
        project.Write("guests/hello.elf", GuestFiles.WithWarning());
        return project;
    }
}
