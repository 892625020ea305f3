using Hyperlight.Images;

namespace Hyperlight.Image.Tests.Images;

[Trait("Wine", "yes")]
public sealed class GuestNameTests
{
    [Theory]
    [InlineData("hello")]
    [InlineData("_")]
    [InlineData("32.bit-kernel_1")]
    [InlineData("console")]
    [InlineData("com")]
    [InlineData("com10")]
    [InlineData("my.con")]
    public void A_name_of_a_file_on_every_system_is_valid(string name) => Assert.True(GuestName.IsValid(name));

    [Theory]
    [InlineData("")]
    [InlineData(".hidden")]
    [InlineData("-option")]
    [InlineData("a/b")]
    [InlineData(@"a\b")]
    [InlineData("C:hello")]
    [InlineData("hello:stream")]
    [InlineData("hello ")]
    [InlineData("hello.")]
    [InlineData("CON")]
    [InlineData("aux")]
    [InlineData("nul.v2")]
    [InlineData("prn.elf.old")]
    [InlineData("Com1")]
    [InlineData("lpt9.x")]
    public void A_name_that_some_system_gives_another_meaning_is_not_valid(string name) => Assert.False(GuestName.IsValid(name));
}
