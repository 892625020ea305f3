using Hyperlight.Compiling;

namespace Hyperlight.Building.Tests.Compiling;

/// <summary>Reads what compilers and linkers write. The texts are those of GCC 12, Clang 14, GNU ld 2.40 and LLD 14.</summary>
public sealed class CompilerOutputTests
{
    [Theory]
    [InlineData("/g a/hello.c:12:5: error: expected ';' before 'return'", "Error", "/g a/hello.c", 12, 5, "expected ';' before 'return'")]
    [InlineData("hello.c:3:10: fatal error: 'x.h' file not found", "Error", "hello.c", 3, 10, "'x.h' file not found")]
    [InlineData("hello.c:7:9: warning: unused variable 'x' [-Wunused-variable]", "Warning", "hello.c", 7, 9,
        "unused variable 'x' [-Wunused-variable]")]
    [InlineData("hello.c:7:9: note: declared here", "Note", "hello.c", 7, 9, "declared here")]
    [InlineData(@"C:\guests\hello.c:7:9: error: no", "Error", @"C:\guests\hello.c", 7, 9, "no")]
    [InlineData("/home/a:b/hello.c:7:9: error: no: never", "Error", "/home/a:b/hello.c", 7, 9, "no: never")]
    [InlineData("entry.S:3: Error: no such instruction: `foo'", "Error", "entry.S", 3, 0, "no such instruction: `foo'")]
    [InlineData("/usr/bin/ld: /g/hello.c:12: undefined reference to `f'", "Error", "/g/hello.c", 12, 0, "undefined reference to `f'")]
    [InlineData("/g/hello.c:12:(.text.f+0x5): relocation truncated to fit: R_386_16", "Error", "/g/hello.c", 12, 0,
        "relocation truncated to fit: R_386_16")]
    [InlineData("hello.c:(.text.f+0x5): undefined reference to `missing'", "Error", "hello.c", 0, 0, "undefined reference to `missing'")]
    [InlineData("/usr/bin/ld: /o/b.o:/g/b.c:3: multiple definition of `x'; /o/a.o:/g/a.c:3: first defined here", "Error", "/g/b.c", 3, 0,
        "multiple definition of `x'; /o/a.o:/g/a.c:3: first defined here")]
    [InlineData("clang: error: unsupported option '-x'", "Error", null, 0, 0, "unsupported option '-x'")]
    [InlineData("/usr/bin/ld: warning: /o/hello.elf has a LOAD segment with RWX permissions", "Warning", null, 0, 0,
        "/o/hello.elf has a LOAD segment with RWX permissions")]
    public void A_message_has_a_severity_a_place_and_the_text_of_the_compiler(
        string line, string severity, string? file, int number, int column, string text)
    {
        CompilerMessage message = Assert.Single(CompilerOutput.Parse(line + "\r\n"));

        Assert.Equal(new(Enum.Parse<MessageSeverity>(severity), file, number, column, text), message);
    }

    [Fact]
    public void Lines_that_only_explain_are_no_messages()
    {
        const string text = """
            In file included from /g/hello.c:1:
            /g/hello.h: In function 'add':
            /g/hello.h:4:13: error: expected ';' before '}' token
                4 |     return a
                  |             ^
                  |             ;
                5 | }
                  | ~
            """;

        CompilerMessage message = Assert.Single(CompilerOutput.Parse(text));

        Assert.Equal(("/g/hello.h", 4), (message.File, message.Line));
    }

    [Fact]
    public void An_undefined_symbol_of_lld_is_one_error_at_the_first_place_that_uses_it()
    {
        const string text = """
            ld.lld: error: undefined symbol: missing
            >>> referenced by hello.c:12 (/g a/hello.c:12)
            >>>               /o/hello.o:(hyperlight_main)
            >>> referenced by other.c:3 (/g a/other.c:3)
            >>>               /o/other.o:(other)
            clang: error: linker command failed with exit code 1 (use -v to see invocation)
            """;

        Assert.Equal([new(MessageSeverity.Error, "/g a/hello.c", 12, 0, "undefined symbol: missing")], CompilerOutput.Parse(text));
    }

    [Fact]
    public void An_undefined_symbol_of_gnu_ld_is_one_error()
    {
        const string text = """
            /usr/bin/ld: /o/hello.o: in function `hyperlight_main':
            /g/hello.c:12: undefined reference to `missing'
            collect2: error: ld returned 1 exit status
            """;

        Assert.Equal([new(MessageSeverity.Error, "/g/hello.c", 12, 0, "undefined reference to `missing'")], CompilerOutput.Parse(text));
    }

    [Fact]
    public void A_flood_of_messages_is_cut()
    {
        string text = string.Concat(Enumerable.Range(1, 5000).Select(line => $"hello.c:{line}:1: error: {new string('x', 9000)}\n"));

        IReadOnlyList<CompilerMessage> messages = CompilerOutput.Parse(text);

        Assert.Equal(200, messages.Count);
        Assert.All(messages, message => Assert.Equal(2000, message.Text.Length));
    }
}
