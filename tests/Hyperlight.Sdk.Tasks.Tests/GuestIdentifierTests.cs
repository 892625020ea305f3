using Hyperlight.Images;

namespace Hyperlight.Sdk.Tasks.Tests;

[Trait("Wine", "yes")]
public sealed class GuestIdentifierTests
{
    [Theory]
    [InlineData("hello", "Hello")]
    [InlineData("hello-world", "HelloWorld")]
    [InlineData("hello_world.v2", "HelloWorldV2")]
    [InlineData("helloWorld", "HelloWorld")]
    [InlineData("32bit", "_32bit")]
    [InlineData("_x", "X")]
    [InlineData("class", "Class")]
    public void A_name_gives_an_identifier(string name, string identifier)
    {
        Assert.True(GuestName.IsValid(name));
        Assert.Equal(identifier, GuestIdentifier.Of(name));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".state")]
    [InlineData("-x")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a b")]
    [InlineData("grüße")]
    [InlineData("a\0b")]
    [InlineData("a;b")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public void A_name_that_is_no_plain_folder_name_is_not_valid(string name) => Assert.False(GuestName.IsValid(name));

    [Theory]
    [InlineData("_")]
    [InlineData("__-.")]
    [InlineData("guests")]
    [InlineData("Guests")]
    public void A_name_without_an_identifier_of_its_own_gives_none(string name) => Assert.Null(GuestIdentifier.Of(name));
}
