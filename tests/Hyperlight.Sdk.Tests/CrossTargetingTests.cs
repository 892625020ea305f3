namespace Hyperlight.Sdk.Tests;

/// <summary>Tests projects with several target frameworks.</summary>
public sealed class CrossTargetingTests
{
    private const string Frameworks =
        "<PropertyGroup><TargetFrameworks>net10.0;net10.0-browser</TargetFrameworks></PropertyGroup>";

    [Fact]
    public void Each_framework_has_its_image()
    {
        using SdkProject project = SdkProject.WithGuest(Frameworks);

        Assert.Equal(2, project.Build("HyperlightSnapshot").Items.Count);
        BuildOutcome outcome = project.Build("HyperlightBake");

        Assert.Empty(outcome.Errors);
        Assert.Equal(2, outcome.Items.Count);
        Assert.True(project.Has("obj/Debug/net10.0/hyperlight/hello/index.json"));
        Assert.Single(outcome.Items.Select(image => image.GetMetadata("Digest")).Distinct());
    }

    [Fact]
    public void Validation_is_passed_on_too()
    {
        using SdkProject project = SdkProject.WithGuest(Frameworks);

        Assert.Equal(["hello", "hello"], project.Build("HyperlightValidate").Items.Select(guest => guest.GetMetadata("Name")));
    }
}
