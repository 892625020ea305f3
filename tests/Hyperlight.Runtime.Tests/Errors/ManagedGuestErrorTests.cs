namespace Hyperlight.Runtime.Tests.Errors;

/// <summary>Tests the parts of an exception of a guest in C#.</summary>
public sealed class ManagedGuestErrorTests
{
    [Fact]
    public void An_exception_of_a_guest_has_its_type_its_message_and_its_stack_trace()
    {
        GuestErrorException error = new(
            GuestErrorCode.GuestError, "System.FormatException: no: number\nat all\n   at Shop.Orders.Total(Order)\n   at Shop.Main()");

        Assert.Equal("System.FormatException", error.GuestExceptionType);
        Assert.Equal("   at Shop.Orders.Total(Order)\n   at Shop.Main()", error.GuestStackTrace);
        Assert.Equal("The guest returned error 15 (GuestError): System.FormatException: no: number at all", error.Message);
    }

    [Theory]
    [InlineData(GuestErrorCode.GuestError, "note: the file is missing")]
    [InlineData(GuestErrorCode.GuestError, "two words.here: text")]
    [InlineData(GuestErrorCode.GuestError, ": text")]
    [InlineData(GuestErrorCode.GuestError, "")]
    [InlineData(GuestErrorCode.HostFunctionError, "System.FormatException: text")]
    public void Another_text_names_no_type(GuestErrorCode code, string text)
    {
        GuestErrorException error = new(code, text);

        Assert.Null(error.GuestExceptionType);
        Assert.Null(error.GuestStackTrace);
    }

    [Fact]
    public void The_frames_get_the_places_of_their_addresses()
    {
        const string Text = "System.Exception: no\n   at System.Number.Fail() + 0x5 [0x10]\n"
            + "   at Shop.Orders.Total(Order) + 0x1c [0x41f03c]\n"
            + "   at Shop.Main() + 0x9 [0x20]";
        GuestErrorException error = new GuestErrorException(GuestErrorCode.GuestError, Text).With(null, address => address switch
        {
            0x10 => new("number_fail", "Number.cs", 7),
            0x41F03C => new("Orders.Total", "Shop/Orders.cs", 12),
            0x20 => new(null, "Shop/Program.cs", 3),
            _ => null,
        });

        Assert.Equal(
            "   at System.Number.Fail() + 0x5 in Number.cs:line 7\n   at Shop.Orders.Total(Order) + 0x1c in Shop/Orders.cs:line 12\n"
            + "   at Shop.Main() + 0x9 in Shop/Program.cs:line 3",
            error.GuestStackTrace);
        Assert.Equal("Orders.Total (Shop/Orders.cs:12)", error.Location?.ToString());
        Assert.Equal(
            "The guest returned error 15 (GuestError) at Orders.Total (Shop/Orders.cs:12): System.Exception: no", error.Message);
        Assert.Equal(Text, error.GuestMessage);
    }

    [Theory]
    [InlineData("   at A() [0x]")]
    [InlineData("   at A() [0x10")]
    [InlineData("   at A() [0x1] b")]
    [InlineData("   at A() [0xFFFFFFFFFFFFFFFFF]")]
    [InlineData("   at [0x]]")]
    public void What_is_no_address_stays(string line)
    {
        GuestErrorException error = new GuestErrorException(GuestErrorCode.GuestError, "A.B: c\n" + line)
            .With(null, _ => new("f", "f.c", 1));

        Assert.Equal((line, null), (error.GuestStackTrace, error.Location));
    }

    [Fact]
    public void A_trace_of_many_frames_gets_a_hundred_places()
    {
        int asked = 0;
        string text = "A.B: c" + string.Concat(Enumerable.Repeat("\n   at A() [0x1]", 5000));

        GuestErrorException error = new GuestErrorException(GuestErrorCode.GuestError, text).With(null, _ =>
        {
            asked++;
            return new("f", "f.c", 1);
        });

        Assert.Equal(100, asked);
        Assert.DoesNotContain("[0x1]", error.GuestStackTrace, StringComparison.Ordinal);
        Assert.Equal(100, error.GuestStackTrace!.Split(" in f.c:line 1").Length - 1);
    }

    [Fact]
    public void A_hostile_text_moves_no_cursor_and_names_no_long_type()
    {
        GuestErrorException error = new(GuestErrorCode.GuestError, $"{new string('a', 300)}.B: text\n   at \u001b[2J\u202eX\r\n\u0007");

        Assert.Null(error.GuestExceptionType);
        Assert.Equal("   at  [2J X\n ", error.GuestStackTrace);
    }
}
