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
    public void A_hostile_text_moves_no_cursor_and_names_no_long_type()
    {
        GuestErrorException error = new(GuestErrorCode.GuestError, $"{new string('a', 300)}.B: text\n   at \u001b[2J\u202eX\r\n\u0007");

        Assert.Null(error.GuestExceptionType);
        Assert.Equal("   at  [2J X\n ", error.GuestStackTrace);
    }
}
