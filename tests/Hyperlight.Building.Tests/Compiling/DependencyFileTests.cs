using Hyperlight.Compiling;

namespace Hyperlight.Building.Tests.Compiling;

/// <summary>Reads dependency files as GCC and Clang write them.</summary>
public sealed class DependencyFileTests
{
    [Theory]
    [InlineData("object: a.c b.h\n", "a.c|b.h")]
    [InlineData("object: a.c \\\n b.h \\\r\n c.h\n", "a.c|b.h|c.h")]
    [InlineData("object: /my\\ guests/a.c b.h\n", "/my guests/a.c|b.h")]
    [InlineData("object: a\\\\\\ b.c\n", "a\\ b.c")]
    [InlineData("object: a\\#1.c $$x.h\n", "a#1.c|$x.h")]
    [InlineData("object: C:\\guests\\a.c D:/b.h\n", "C:\\guests\\a.c|D:/b.h")]
    [InlineData("object: grüße.c a.c a.c\n", "grüße.c|a.c")]
    [InlineData("object:", "")]
    [InlineData("", "")]
    public void The_files_are_read_with_all_characters_of_their_names(string text, string expected) =>
        Assert.Equal(expected.Split('|', StringSplitOptions.RemoveEmptyEntries), DependencyFile.Parse(text));
}
