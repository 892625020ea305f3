using Hyperlight.Compiling;

namespace Hyperlight.Building.Tests.Compiling;

/// <summary>Splits options into words.</summary>
public sealed class CommandWordsTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("  -O3\t-Wall \n -g ", "-O3|-Wall|-g")]
    [InlineData("-DNAME=\"a b\" '-I my headers'", "-DNAME=a b|-I my headers")]
    [InlineData("-I C:\\headers", "-I|C:\\headers")]
    public void Words_end_at_spaces_outside_of_quotes(string text, string expected) =>
        Assert.Equal(expected.Split('|', StringSplitOptions.RemoveEmptyEntries), CommandWords.Split(text));
}
