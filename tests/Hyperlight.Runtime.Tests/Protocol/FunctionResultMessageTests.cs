using Hyperlight.Protocol;
using Hyperlight.Runtime.Tests.Vectors;

namespace Hyperlight.Runtime.Tests.Protocol;

public class FunctionResultMessageTests
{
    public static TheoryData<string, GuestValue> Results => new()
    {
        { "result-int", -42 },
        { "result-uint", 42u },
        { "result-long", -42L },
        { "result-ulong", ulong.MaxValue },
        { "result-float", 1.5f },
        { "result-double", -0.1 },
        { "result-string", "hello\n" },
        { "result-string-empty", "" },
        { "result-bool-true", true },
        { "result-bool-false", false },
        { "result-void", GuestValue.Void },
        { "result-bytes", new byte[] { 0, 1, 2, 0xFF } },
        { "result-bytes-empty", Array.Empty<byte>() },
    };

    [Theory]
    [MemberData(nameof(Results))]
    public void A_result_recorded_from_upstream_is_read(string vector, GuestValue value) =>
        Assert.Equal(value, FunctionResultMessage.Read(RecordedMessages.Get(vector), out _));

    [Theory]
    [MemberData(nameof(Results))]
    public void A_written_result_is_read_back(string vector, GuestValue value)
    {
        Assert.NotEmpty(vector);
        byte[] buffer = new byte[256];
        buffer.AsSpan().Fill(0xEE);
        Assert.Equal(value, FunctionResultMessage.Read(buffer.AsSpan(0, (int)FunctionResultMessage.Write(buffer, value)), out _));
    }

    [Theory]
    [InlineData("result-error", GuestErrorCode.FunctionNotFound, "Function X not found")]
    [InlineData("result-error-host", GuestErrorCode.HostFunctionError, "boom")]
    public void An_error_recorded_from_upstream_is_an_exception(string vector, GuestErrorCode code, string text)
    {
        FunctionResultMessage.Read(RecordedMessages.Get(vector), out GuestErrorException? exception);

        Assert.Equal((code, text), (exception?.Code, exception?.GuestMessage));
    }

    [Fact]
    public void A_written_error_is_read_back()
    {
        byte[] buffer = new byte[256];
        int length = (int)FunctionResultMessage.WriteError(buffer, GuestErrorCode.HostFunctionError, "größer");

        FunctionResultMessage.Read(buffer.AsSpan(0, length), out GuestErrorException? exception);

        Assert.Equal((GuestErrorCode.HostFunctionError, "größer"), (exception?.Code, exception?.GuestMessage));
    }
}
